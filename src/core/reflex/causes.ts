import {
  type Clears,
  type Code,
  codeEntry,
  type EntryOf,
  type LatchedCause,
  MAX_CAUSES,
  type Micros,
  type Role,
  SEVERITIES,
  type Severity,
  severityRank,
} from "../domain/index.ts";
import type { Report } from "./rule.ts";

/** Why the cell is held back: one row per code and source. */
export interface Cause {
  readonly code: Code;
  readonly source: string;
  readonly severity: Severity;
  readonly detail: string;
  /** when its condition was last seen to begin */
  readonly since: Micros;
  /** the condition holds now */
  readonly active: boolean;
  /** stays until a person clears it, whether or not the condition holds */
  readonly latched: boolean;
  /** latched by the process before this one and not seen since */
  readonly restored: boolean;
  readonly clears: Clears;
  readonly clearedBy: Role | null;
}
interface Row {
  readonly code: Code;
  readonly source: string;
  readonly rank: number;
  readonly clears: Clears;
  readonly clearedBy: Role | null;
  detail: string;
  since: Micros;
  active: boolean;
  latched: boolean;
  /** came from before this process: a cause that lasts until restart may now be acknowledged */
  restored: boolean;
}

const STOP_RANK = severityRank("stop");
const causeOf = (row: Row): Cause => ({
  code: row.code,
  source: row.source,
  severity: SEVERITIES[row.rank]!,
  detail: row.detail,
  since: row.since,
  active: row.active,
  latched: row.latched,
  restored: row.restored,
  clears: row.clears,
  clearedBy: row.clearedBy,
});
const isForReset = (row: Row): boolean =>
  (row.clearedBy === "reset" || row.clearedBy === null) && (row.clears !== "restart" || row.restored);
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** Worst first, then active before remembered, then by name: the same list in whatever order rules spoke. */
const order = (a: Row, b: Row): number =>
  b.rank - a.rank ||
  Number(b.active) - Number(a.active) ||
  a.since - b.since ||
  byText(a.code, b.code) ||
  byText(a.source, b.source);

/** The table of active and latched causes. Bounded; allocates only when a cause begins. */
export class CauseTable implements Report {
  /** time of the event being handled */
  now = 0 as Micros;
  changed = false;
  readonly #rows = new Map<Code, Map<string, Row>>();
  readonly #entryOf: EntryOf;
  #size = 0;
  #active = 0;
  #worst = 0;

  constructor(entryOf: EntryOf = codeEntry) {
    this.#entryOf = entryOf;
  }

  get worst(): Severity {
    return SEVERITIES[this.#worst]!;
  }

  raise(code: Code, source: string, detail: string): void {
    const row = this.#rows.get(code)?.get(source);
    if (row === undefined) return this.#add(code, source, detail, true, false);
    row.detail = detail;
    if (row.active) return;
    row.active = true;
    row.restored = false;
    row.since = this.now;
    this.#active++;
    this.changed = true;
  }

  /**
   * Something that happened and is over. Only a latch remains of it: the one of its code, and for a stop that
   * knows none, one that reset clears, because a stop that nobody sees is no stop.
   */
  happened(code: Code, source: string, detail: string): void {
    const lasts = this.isActive(code, source);
    this.raise(code, source, detail);
    if (lasts) return;
    const row = this.#rows.get(code)?.get(source);
    if (row !== undefined && row.rank === STOP_RANK) row.latched = true;
    this.clear(code, source);
  }

  clear(code: Code, source: string): void {
    if (this.#active === 0) return;
    const row = this.#rows.get(code)?.get(source);
    if (row === undefined || !row.active) return;
    row.active = false;
    this.#active--;
    this.changed = true;
    if (!row.latched) this.#remove(row);
  }

  isActive(code: Code, source?: string): boolean {
    if (this.#active === 0) return false;
    const rows = this.#rows.get(code);
    if (rows === undefined) return false;
    if (source !== undefined) return rows.get(source)?.active ?? false;
    for (const row of rows.values()) if (row.active) return true;
    return false;
  }

  restore(latched: LatchedCause): void {
    if (this.#rows.get(latched.code)?.has(latched.source)) return;
    this.#add(latched.code, latched.source, latched.detail, false, true);
  }

  causes(): readonly Cause[] {
    return this.#sorted().map(causeOf);
  }
  /** the first of `causes()`, found without sorting them: this is on the way to the block */
  worstCause(): {
    readonly code: Code;
    readonly source: string;
    readonly detail: string;
    readonly severity: Severity;
  } | null {
    let worst: Row | null = null;
    for (const bySource of this.#rows.values())
      for (const row of bySource.values()) if (worst === null || order(row, worst) < 0) worst = row;
    return worst === null
      ? null
      : { code: worst.code, source: worst.source, detail: worst.detail, severity: SEVERITIES[worst.rank]! };
  }
  /** a stop waits for a person; a latched warning holds nobody back */
  get anyLatched(): boolean {
    for (const bySource of this.#rows.values())
      for (const row of bySource.values()) if (row.latched && row.rank >= STOP_RANK) return true;
    return false;
  }
  /** a stop, or a lesser latch that no other act clears: a hold that lasted until the restart */
  get anyForReset(): boolean {
    for (const bySource of this.#rows.values())
      for (const row of bySource.values())
        if (row.latched && (row.rank >= STOP_RANK || isForReset(row))) return true;
    return false;
  }

  latched(): readonly Cause[] {
    return this.#sorted()
      .filter((row) => row.latched)
      .map(causeOf);
  }

  /** A person with the role clears one latched cause whose condition has ended. */
  acknowledge(code: Code, source: string, role: Role): boolean {
    const row = this.#rows.get(code)?.get(source);
    if (row === undefined || !row.latched || row.active || row.clearedBy !== role) return false;
    if (row.clears === "restart" && !row.restored) return false;
    this.#remove(row);
    return true;
  }

  /** Clears every latched cause that reset may clear, or nothing at all while a stop cause stands in the way. */
  reset(): { ok: true } | { ok: false; blockedBy: readonly Cause[] } {
    const rows = this.#sorted();
    const mine = (row: Row): boolean => row.latched && !row.active && isForReset(row);
    const inTheWay = rows.filter((row) => row.rank === STOP_RANK && !mine(row));
    if (inTheWay.length > 0) return { ok: false, blockedBy: inTheWay.map(causeOf) };
    for (const row of rows) if (mine(row)) this.#remove(row);
    return { ok: true };
  }

  #sorted(): Row[] {
    const rows: Row[] = [];
    for (const sources of this.#rows.values()) for (const row of sources.values()) rows.push(row);
    return rows.sort(order);
  }

  #add(code: Code, source: string, detail: string, active: boolean, restored: boolean): void {
    const entry = this.#entryOf(code);
    if (this.#size >= MAX_CAUSES && code !== "CAUSES_OVERFLOW")
      return this.raise("CAUSES_OVERFLOW", "reflex", `no room for ${code} of ${source}`);
    const row: Row = {
      code,
      source,
      rank: severityRank(entry.severity),
      clears: entry.clears,
      clearedBy: entry.clearedBy,
      detail,
      since: this.now,
      active,
      latched: restored || entry.clears !== "condition",
      restored,
    };
    const sources = this.#rows.get(code);
    if (sources === undefined) this.#rows.set(code, new Map([[source, row]]));
    else sources.set(source, row);
    this.#size++;
    if (active) this.#active++;
    if (row.rank > this.#worst) this.#worst = row.rank;
    this.changed = true;
  }

  #remove(row: Row): void {
    const sources = this.#rows.get(row.code)!;
    // The inner table stays, empty: a cause that comes again finds its place made.
    sources.delete(row.source);
    this.#size--;
    this.changed = true;
    this.#worst = 0;
    for (const others of this.#rows.values())
      for (const other of others.values()) if (other.rank > this.#worst) this.#worst = other.rank;
  }
}
