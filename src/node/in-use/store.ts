import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { canonicalBytes } from "../../core/base/canonical.ts";
import { err, ok, type Result } from "../../core/base/result.ts";
import { type Code, MAX_REFUSED_CANDIDATES } from "../../core/domain/index.ts";
import {
  CANDIDATE_KINDS,
  type CandidateKind,
  type Manifest,
  manifestHash,
  type Parts,
  slotOf,
  type Trouble,
  verifyParts,
} from "../../core/promotion/index.ts";
import { type Disk, realDisk, replaceFile } from "../../edge/files/index.ts";

const HISTORY_KEPT = 1_000;
/** The first part in the order of names is what is loaded; the others are what it was made from. */
export const textOf = (parts: Parts): string =>
  Buffer.from(parts[Object.keys(parts).sort()[0]!]!).toString("utf8");
const entrySchema = z.strictObject({
  what: z.enum(["promoted", "refused", "insufficient", "rolled-back", "decided-anew"]),
  kind: z.enum(CANDIDATE_KINDS),
  artefact: z.string(),
  before: z.string(),
  code: z.string(),
  detail: z.string(),
  by: z.string(),
  at: z.number().int(),
});
const slotSchema = z.object({
  active: z.string().nullable(),
  lastGood: z.string().nullable(),
});
const stateSchema = z.strictObject({
  format: z.literal("cellgate-promotion-1"),
  slots: z.partialRecord(z.enum(CANDIDATE_KINDS), slotSchema),
  refused: z.record(z.string(), z.string()),
  history: z.array(entrySchema).max(HISTORY_KEPT),
  /** what the deployment itself brought when the node last ran, by hash */
  ran: z.partialRecord(z.enum(CANDIDATE_KINDS), z.string()).optional(),
});
type State = z.infer<typeof stateSchema>;
export type OwnParts = NonNullable<State["ran"]>;
export type HistoryEntry = z.infer<typeof entrySchema>;
export interface Artefact {
  readonly hash: string;
  readonly manifest: Manifest;
  readonly parts: Parts;
}
/** why nobody decided that an artefact be in use; null: somebody did */
export type Undecided = (hash: string) => string | null;
export interface Booted {
  readonly artefact: Artefact | null;
  readonly trouble: Trouble | null;
}
/** Nothing was promoted yet: what the program and the deployment bring is in use. */
export const BUILT_IN = "built-in";

const EMPTY: State = { format: "cellgate-promotion-1", slots: {}, refused: {}, history: [] };
const manifestSchema = z.strictObject({
  format: z.literal("cellgate-artefact-1"),
  kind: z.enum(CANDIDATE_KINDS),
  parts: z.array(z.strictObject({ name: z.string(), size: z.number().int(), hash: z.string() })),
});

/**
 * Artefacts by their hash, and one small file that says which of them is in use. Swapping is replacing that
 * file: a power cut leaves the old or the new artefact in use, each complete and verified before.
 */
export class ArtefactStore {
  readonly #disk: Disk;
  readonly #folder: string;
  #state: State = EMPTY;

  constructor(dataDir: string, disk: Disk = realDisk) {
    this.#disk = disk;
    this.#folder = `${dataDir}/promotion`;
    this.#readState();
  }

  get history(): readonly HistoryEntry[] {
    return this.#state.history;
  }
  active(kind: CandidateKind): string {
    return this.#state.slots[slotOf(kind)]?.active ?? BUILT_IN;
  }
  lastGood(kind: CandidateKind): string {
    return this.#state.slots[slotOf(kind)]?.lastGood ?? BUILT_IN;
  }
  ran(kind: CandidateKind): string | null {
    return this.#state.ran?.[slotOf(kind)] ?? null;
  }
  /** The node runs with these parts of its deployment's own. */
  noteRun(own: OwnParts): void {
    if (!isDeepStrictEqual(this.#state.ran, own)) this.#write({ ...this.#state, ran: own });
  }
  refusedBefore(hash: string): string | null {
    return this.#state.refused[hash] ?? null;
  }

  /** Writes an artefact so that every byte and name is on the disk, reads it back and verifies it. */
  keep(manifest: Manifest, parts: Parts): Result<string, Trouble> {
    const disk = this.#disk;
    const hash = manifestHash(manifest);
    const folder = this.#folderOf(hash);
    disk.makeFolder(folder);
    for (const { name } of manifest.parts) {
      const bytes = parts[name];
      if (bytes === undefined) return err({ code: "PROMOTION_TAMPERED", detail: `part ${name} is missing` });
      disk.write(`${folder}/${name}`, bytes);
      disk.syncFile(`${folder}/${name}`);
    }
    replaceFile(`${folder}/manifest.json`, canonicalBytes(manifest), 0o644, disk);
    disk.syncFolder(`${this.#folder}/artefacts`);
    disk.syncFolder(this.#folder);
    const read = this.load(hash);
    return read.ok ? ok(hash) : read;
  }

  /** Reads an artefact; believes nothing that does not have its hash. */
  load(hash: string): Result<Artefact, Trouble> {
    const folder = this.#folderOf(hash);
    const tampered = (detail: string) => err<Trouble>({ code: "PROMOTION_TAMPERED", detail });
    const text = this.#disk.read(`${folder}/manifest.json`);
    if (text === null) return tampered(`artefact ${hash.slice(0, 16)} is not there`);
    let manifest: Manifest;
    try {
      manifest = manifestSchema.parse(JSON.parse(Buffer.from(text).toString("utf8")));
    } catch {
      return tampered("manifest unreadable");
    }
    if (manifestHash(manifest) !== hash) return tampered("manifest does not have its hash");
    const parts: Record<string, Uint8Array> = {};
    for (const { name } of manifest.parts) {
      const bytes = this.#disk.read(`${folder}/${name}`);
      if (bytes !== null) parts[name] = bytes;
    }
    const trouble = verifyParts(manifest, parts);
    return trouble === null ? ok({ hash, manifest, parts }) : err(trouble);
  }

  /**
   * The artefact becomes the one in use, the old one the last good one. In one step or not at all. Said twice
   * it changes nothing: an artefact that became its own last good one would leave no way back.
   */
  promote(hash: string, note: Note): Result<null, Trouble> {
    const artefact = this.load(hash);
    if (!artefact.ok) return artefact;
    const { kind } = artefact.value.manifest;
    const before = this.active(kind);
    if (before === hash) return ok(null);
    this.#write({
      ...this.#state,
      slots: {
        ...this.#state.slots,
        [slotOf(kind)]: { active: hash, lastGood: before === BUILT_IN ? null : before },
      },
      history: this.#with({ what: "promoted", kind, artefact: hash, before, ...note }),
    });
    return ok(null);
  }
  refuse(kind: CandidateKind, hash: string, what: "refused" | "insufficient", note: Note): void {
    this.#write({
      ...this.#state,
      // asked again, the first reason stays the reason
      refused:
        what === "refused" && this.refusedBefore(hash) === null
          ? this.#remember(hash, `${note.code}: ${note.detail}`)
          : this.#state.refused,
      history: this.#with({ what, kind, artefact: hash, before: this.active(kind), ...note }),
    });
  }
  /** A person decides anew about a candidate that was refused. */
  forgive(kind: CandidateKind, hash: string, note: Note): void {
    const { [hash]: _, ...refused } = this.#state.refused;
    const history = this.#with({
      what: "decided-anew",
      kind,
      artefact: hash,
      before: this.active(kind),
      ...note,
    });
    this.#write({ ...this.#state, refused, history });
  }
  /** Back to the last good artefact, or to a named one, verified first; the one that failed is remembered. Needs no network. */
  rollback(kind: CandidateKind, note: Note, to = this.lastGood(kind)): Result<string, Trouble> {
    const from = this.active(kind);
    if (from === to) return err({ code: "ARTEFACT_NONE_GOOD", detail: "there is nothing to go back to" });
    if (to !== BUILT_IN) {
      const good = this.load(to);
      if (!good.ok) return err({ code: "ARTEFACT_NONE_GOOD", detail: good.error.detail });
    }
    this.#write({
      ...this.#state,
      slots: {
        ...this.#state.slots,
        [slotOf(kind)]: { active: to === BUILT_IN ? null : to, lastGood: null },
      },
      refused: this.#remember(from, `${note.code}: ${note.detail}`),
      history: this.#with({ what: "rolled-back", kind, artefact: to, before: from, ...note }),
    });
    return ok(to);
  }
  /** At start: the artefact in use, whole and decided about, the last good one in its place, or none with the reason. */
  boot(kind: CandidateKind, at: number, undecided: Undecided = () => null): Booted {
    const hash = this.active(kind);
    if (hash === BUILT_IN) return { artefact: null, trouble: null };
    const read = this.load(hash);
    const why = undecided(hash);
    if (read.ok && why === null) return { artefact: read.value, trouble: null };
    const trouble: Trouble = read.ok
      ? { code: "ROLLBACK_UNDECIDED", detail: why! }
      : { code: "ROLLBACK_HASH_MISMATCH", detail: read.error.detail };
    const back = this.rollback(kind, { ...trouble, by: "cell", at });
    if (!back.ok) return { artefact: null, trouble: back.error };
    if (back.value === BUILT_IN) return { artefact: null, trouble };
    const kept = this.load(back.value);
    return kept.ok ? { artefact: kept.value, trouble } : { artefact: null, trouble: kept.error };
  }

  /** At start: a way back that leads to what nobody decided about is none. What it led to, and why not there. */
  closeWayBack(kind: CandidateKind, undecided: Undecided): { good: string; why: string } | null {
    const good = this.lastGood(kind);
    const why = good === BUILT_IN ? null : undecided(good);
    if (why === null) return null;
    const slot = slotOf(kind);
    this.#write({
      ...this.#state,
      slots: { ...this.#state.slots, [slot]: { ...this.#state.slots[slot]!, lastGood: null } },
    });
    return { good, why };
  }

  #folderOf(hash: string): string {
    return `${this.#folder}/artefacts/${hash.split(":")[0]!.replace(/[^0-9a-f]/g, "_")}`;
  }
  #with(entry: HistoryEntry): HistoryEntry[] {
    return [...this.#state.history, entry].slice(-HISTORY_KEPT);
  }
  #remember(hash: string, why: string): Record<string, string> {
    return Object.fromEntries(
      [...Object.entries(this.#state.refused), [hash, why]].slice(-MAX_REFUSED_CANDIDATES),
    );
  }
  #write(state: State): void {
    this.#disk.makeFolder(`${this.#folder}/artefacts`);
    replaceFile(`${this.#folder}/state.json`, canonicalBytes(state), 0o644, this.#disk);
    this.#state = state;
  }
  #readState(): void {
    const text = this.#disk.read(`${this.#folder}/state.json`);
    if (text === null) return;
    const read = stateSchema.safeParse(JSON.parse(Buffer.from(text).toString("utf8")));
    if (!read.success)
      throw new Error(`${this.#folder}/state.json is unreadable: ${read.error.issues[0]?.message}`);
    this.#state = read.data;
  }
}
export interface Note {
  readonly code: Code;
  readonly detail: string;
  readonly by: string;
  /** microseconds since 1970 */
  readonly at: number;
}
