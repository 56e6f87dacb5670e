import type { Disk } from "../../../src/edge/files/index.ts";

/** Thrown at the moment the power goes. */
export class PowerCut extends Error {}

/**
 * A disk that forgets what was not synced: bytes of a file by its own sync, names by their folder's. The
 * power goes before step `at`; `keep` tells for each unsynced thing whether it happened to reach the disk.
 */
export class PowerCutDisk implements Disk {
  steps = 0;
  readonly #at: number;
  readonly #now = new Map<string, Uint8Array>();
  readonly #durableBytes = new Map<string, Uint8Array>();
  /** names as folders on disk know them: path → identity of the file's bytes */
  readonly #durableNames = new Set<string>();
  readonly #renames: [string, string][] = [];

  constructor(at: number, start: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.#at = at;
    for (const [path, bytes] of start) {
      this.#now.set(path, bytes);
      this.#durableBytes.set(path, bytes);
      this.#durableNames.add(path);
    }
  }
  read(path: string): Uint8Array | null {
    return this.#now.get(path) ?? null;
  }
  list(path: string): readonly string[] {
    return [...this.#now.keys()].filter((p) => p.startsWith(`${path}/`));
  }
  makeFolder(): void {
    this.#step();
  }
  write(path: string, content: string | Uint8Array): void {
    this.#step();
    this.#now.set(path, Buffer.from(content));
  }
  syncFile(path: string): void {
    this.#step();
    this.#durableBytes.set(path, this.#now.get(path)!);
  }
  rename(from: string, to: string): void {
    this.#step();
    this.#now.set(to, this.#now.get(from)!);
    this.#now.delete(from);
    this.#renames.push([from, to]);
  }
  /** no program tidies up after the power went */
  remove(): void {}
  syncFolder(path: string): void {
    this.#step();
    for (const [from, to] of this.#renames.splice(0)) this.#land(from, to);
    for (const name of this.#now.keys())
      if (name.startsWith(`${path}/`) && !name.slice(path.length + 1).includes("/"))
        this.#durableNames.add(name);
  }
  /** What the next start finds. */
  after(keep: (path: string) => boolean): Map<string, Uint8Array> {
    for (const [from, to] of this.#renames) if (keep(to)) this.#land(from, to);
    const found = new Map<string, Uint8Array>();
    for (const [path, bytes] of this.#durableBytes) if (this.#durableNames.has(path)) found.set(path, bytes);
    for (const [path, bytes] of this.#now) {
      if (this.#durableBytes.get(path) === bytes && this.#durableNames.has(path)) continue;
      if (this.#renames.some(([, to]) => to === path)) continue;
      // unsynced: all of it, or a torn half over nothing
      if (keep(path)) found.set(path, bytes);
      else if (this.#durableNames.has(path) && !this.#durableBytes.has(path))
        found.set(path, bytes.slice(0, bytes.length >> 1));
    }
    return found;
  }
  #land(from: string, to: string): void {
    const bytes = this.#durableBytes.get(from) ?? new Uint8Array();
    this.#durableBytes.set(to, bytes);
    this.#durableBytes.delete(from);
    this.#durableNames.delete(from);
    this.#durableNames.add(to);
  }
  #step(): void {
    if (this.steps++ === this.#at) throw new PowerCut();
  }
}
