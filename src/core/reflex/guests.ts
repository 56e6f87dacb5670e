import type { CellEvent, Code, CodeEntry, FaultEvent, LatchedCause, Sample } from "../domain/index.ts";
import type { CauseTable } from "./causes.ts";
import type { Kinematics } from "../robot/index.ts";
import type { ChannelInfo, Report, Rule, RuleFactory, RuleSetting, Surroundings } from "./rule.ts";

/** A rule that an extension brings, with the settings that its deployment gives it. */
export interface GuestRule {
  /** name of the extension */
  readonly extension: string;
  readonly factory: RuleFactory;
}
/** Everything that extensions bring into a cell. */
export interface Guests {
  readonly codes: Readonly<Record<string, CodeEntry>>;
  readonly rules: readonly GuestRule[];
  /** for the first receipt of a run */
  readonly listed: readonly GuestListed[];
}
export interface GuestListed {
  readonly name: string;
  readonly module: string;
  readonly sha256: string;
}

/** What a sample was worth to the reflex. */
export type Heard =
  | { readonly kind: "trusted" }
  | { readonly kind: "refused"; readonly fault: FaultEvent | null };

/** An extension asked for a cause that is not its own. */
class NotItsOwn extends Error {
  override readonly name = "NotItsOwn";
}

interface Seat {
  readonly name: string;
  readonly rule: Rule;
  readonly report: GuestReport;
}

/** Lets a rule of an extension speak of its own codes only. A refusal that the rule swallows is still seen. */
class GuestReport implements Report {
  refused: string | null = null;
  readonly #own: ReadonlySet<Code>;
  readonly #table: CauseTable;

  constructor(own: readonly Code[], table: CauseTable) {
    this.#own = new Set(own);
    this.#table = table;
  }
  raise(code: Code, source: string, detail: string): void {
    this.#require(code, source);
    this.#table.raise(code, source, String(detail));
  }
  clear(code: Code, source: string): void {
    this.#require(code, source);
    this.#table.clear(code, source);
  }
  isActive(code: Code, source: string): boolean {
    return this.#table.isActive(code, source);
  }
  #require(code: Code, source: string): void {
    if (this.#own.has(code) && typeof source === "string") return;
    this.refused ??= `${String(code)} of ${String(source)}`;
    throw new NotItsOwn(this.refused);
  }
}

/**
 * Rules of extensions. They are asked after the blocks of a step are out, so that they cost our own rules nothing,
 * and with copies, so that they cannot change what others see. One that fails stops the cell and is not asked again.
 */
export class GuestRules {
  readonly #seats: Seat[] = [];
  readonly #failed = new Set<Seat>();
  readonly #table: CauseTable;

  constructor(setting: RuleSetting, guests: Guests, table: CauseTable) {
    this.#table = table;
    for (const { extension, factory } of guests.rules) {
      const name = `${extension}/${factory.name}`;
      try {
        for (const rule of factory.build(copyOfSetting(setting)))
          this.#seat({ name, rule, report: new GuestReport(rule.codes, table) });
      } catch (cause) {
        table.raise("EXTENSION_THREW", name, wordsOf(cause));
      }
    }
    for (const seat of this.#seats) this.#ask(seat, (rule, report) => rule.onStart?.(report));
  }

  #seat(seat: Seat): void {
    this.#seats.push(seat);
    const { name, rule } = seat;
    const foreign = rule.margins?.find(({ code }) => !rule.codes.includes(code));
    if (foreign !== undefined) this.unmeasured.set(name, `${foreign.code} is not a code of this rule`);
  }
  /** The rules themselves, for those who draw and judge a run. */
  get rules(): readonly Rule[] {
    return this.#seats.filter(({ name }) => !this.unmeasured.has(name)).map(({ rule }) => rule);
  }
  /** Who failed at stating its margins, and how; it is not asked again. No decision depends on it. */
  readonly unmeasured = new Map<string, string>();
  /** Asks for margins with copies, as for everything else. */
  measure(sample: Pick<Sample, "t" | "channel" | "values">, around: Surroundings): void {
    for (const { name, rule } of this.#seats) {
      if (rule.measure === undefined || this.unmeasured.has(name) || !wants(rule, sample.channel)) continue;
      try {
        rule.measure({ ...sample, values: sample.values.slice() }, copyOfAround(around));
      } catch (cause) {
        this.unmeasured.set(name, wordsOf(cause));
        for (const margin of rule.margins ?? []) margin.value = Number.NaN;
      }
    }
  }

  get codes(): readonly Code[] {
    return this.#seats.flatMap(({ rule }) => rule.codes);
  }

  restore(latched: LatchedCause): void {
    for (const seat of this.#seats)
      if (seat.rule.codes.includes(latched.code))
        this.#ask(seat, (rule, report) => rule.onRestore?.({ ...latched }, report));
  }

  hear(event: CellEvent, heard: Heard, around: Surroundings): void {
    for (const seat of this.#seats) {
      if (this.#failed.has(seat)) continue;
      switch (event.kind) {
        case "sample":
          this.#sample(seat, event, heard, around);
          break;
        case "fault":
          this.#fault(seat, event, around);
          break;
        case "tick":
          if (seat.rule.onTick !== undefined)
            this.#ask(seat, (rule, report) => rule.onTick?.(event.t, copyOfAround(around), report));
          break;
        case "health":
          this.#ask(seat, (rule, report) => rule.onHealth?.({ ...event }, copyOfAround(around), report));
          break;
        case "actuator":
          this.#ask(seat, (rule, report) => rule.onActuator?.({ ...event }, copyOfAround(around), report));
          break;
        default:
          break;
      }
    }
  }

  #sample(seat: Seat, sample: Sample, heard: Heard, around: Surroundings): void {
    if (heard.kind === "refused") {
      if (heard.fault !== null) this.#fault(seat, heard.fault, around);
      return;
    }
    if (seat.rule.onSample === undefined || !wants(seat.rule, sample.channel)) return;
    const copy = { ...sample, values: sample.values.slice() };
    this.#ask(seat, (rule, report) => rule.onSample?.(copy, copyOfAround(around), report));
  }
  #fault(seat: Seat, event: FaultEvent, around: Surroundings): void {
    if (wants(seat.rule, event.channel))
      this.#ask(seat, (rule, report) => rule.onFault?.({ ...event }, copyOfAround(around), report));
  }

  #ask(seat: Seat, act: (rule: Rule, report: Report) => unknown): void {
    if (this.#failed.has(seat)) return;
    try {
      const answer = act(seat.rule, seat.report);
      if (typeof answer === "object" && answer !== null && "then" in answer)
        throw new Error("a rule is done when it returns; it may not be asynchronous");
    } catch (cause) {
      if (!(cause instanceof NotItsOwn)) return this.#fail(seat, "EXTENSION_THREW", wordsOf(cause));
    }
    if (seat.report.refused !== null) this.#fail(seat, "EXTENSION_FOREIGN_CAUSE", seat.report.refused);
  }

  #fail(seat: Seat, code: "EXTENSION_THREW" | "EXTENSION_FOREIGN_CAUSE", detail: string): void {
    this.#failed.add(seat);
    this.#table.raise(code, seat.name, detail);
  }
}

const wants = (rule: Rule, channel: number): boolean =>
  rule.listens === "all" || rule.listens.includes(channel);

const copyOfAround = (around: Surroundings): Surroundings => ({
  motion: {
    at: around.motion.at,
    position: around.motion.position.slice(),
    velocity: around.motion.velocity.slice(),
    effort: around.motion.effort.slice(),
    fastestRadPerS: around.motion.fastestRadPerS,
    toolMPerS: around.motion.toolMPerS,
  },
  vitals: {
    lastAt: around.vitals.lastAt.slice(),
    lastStamp: around.vitals.lastStamp.slice(),
    rateHz: around.vitals.rateHz.slice(),
    refused: around.vitals.refused.slice(),
  },
  doubtful: around.doubtful,
  epoch: around.epoch,
  blockedSince: around.blockedSince,
  blockedActuator: around.blockedActuator,
});

/** Plain data, all the way down. */
function copyOfData<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOfData) as T;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copyOfData(part)])) as T;
}

export const copyOfSetting = <
  S extends {
    readonly deployment: unknown;
    readonly channels: readonly ChannelInfo[];
    readonly kinematics: Kinematics;
  },
>(
  setting: S,
): S => ({
  ...setting,
  deployment: copyOfData(setting.deployment),
  channels: copyOfData(setting.channels),
  kinematics: copyOfArm(setting.kinematics),
});

/** The same answers without a way to change who gives them. */
const copyOfArm = (arm: Kinematics): Kinematics => ({
  joints: arm.joints,
  dynamics: copyOfData(arm.dynamics),
  bodyPoints: arm.bodyPoints,
  linkRadiiM: copyOfData(arm.linkRadiiM),
  tool: (q, out) => arm.tool(q, out),
  toolSpeed: (q, qd) => arm.toolSpeed(q, qd),
  body: (q, out) => arm.body(q, out),
  toolPose: (q, out) => arm.toolPose(q, out),
  jacobian: (q, out) => arm.jacobian(q, out),
});

const wordsOf = (cause: unknown): string =>
  (cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)).slice(0, 1_000);
