import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../contract/recorder.ts";

const found = spawnSync("socat", ["-V"], { stdio: "ignore" }).status === 0;
/** null: socat runs here; otherwise what to install */
export const SOCAT_MISSING = found ? null : "socat is not installed (apt install socat)";

/** Two pseudo terminals wired to each other; unplug ends both, plug makes new ones under the same names. */
export class PtyPair {
  readonly near: string;
  readonly far: string;
  readonly #folder: string;
  #process: ChildProcess | null = null;
  #fd = -1;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), "cellgate-pty-"));
    this.near = join(this.#folder, "near");
    this.far = join(this.#folder, "far");
  }
  async plug(): Promise<void> {
    this.#process = spawn("socat", [`pty,raw,echo=0,link=${this.near}`, `pty,raw,echo=0,link=${this.far}`], {
      stdio: "ignore",
    });
    await until("pseudo terminals exist", () => existsSync(this.near) && existsSync(this.far));
    this.#fd = openSync(this.far, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  }
  async unplug(): Promise<void> {
    const ended = this.#process;
    this.#process = null;
    if (this.#fd !== -1) closeSync(this.#fd);
    this.#fd = -1;
    if (ended === null) return;
    const gone = new Promise((resolve) => ended.once("exit", resolve));
    ended.kill("SIGTERM");
    await gone;
  }
  /** the device speaks */
  write(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      try {
        at += writeSync(this.#fd, bytes, at);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      }
    }
  }
  /** what the device has heard since the last call */
  read(): Uint8Array {
    const parts: Uint8Array[] = [];
    for (;;) {
      const chunk = Buffer.alloc(65_536);
      try {
        const size = readSync(this.#fd, chunk);
        if (size === 0) break;
        parts.push(chunk.subarray(0, size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") break;
        throw error;
      }
    }
    return Buffer.concat(parts);
  }
  async end(): Promise<void> {
    await this.unplug();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
