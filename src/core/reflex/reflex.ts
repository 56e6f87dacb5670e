import { assert } from "../base/assert.ts";
import {
  type ActuatorEvent,
  type CellEvent,
  type ChannelIndex,
  type Code,
  type EntryOf,
  entriesWith,
  type FaultEvent,
  type HealthEvent,
  isOwnCode,
  type LatchedCause,
  type Micros,
  type Role,
  type Sample,
  type Severity,
  type StartEvent,
} from "../domain/index.ts";
import { type Cause, CauseTable } from "./causes.ts";
import { GuestRules, type Guests, type Heard } from "./guests.ts";
import { MotionTracker } from "./motion.ts";
import { JUDGES, RULES } from "./registry.ts";
import type {
  Judge,
  JudgeFactory,
  Motion,
  Rule,
  RuleFactory,
  RuleSetting,
  Surroundings,
  Vitals,
} from "./rule.ts";
import { VitalsBook } from "./vitals.ts";

/** All rules of a cell, what they see, and what it comes to. */
export interface Reflex {
  /** the first event of a run: sets wall time */
  start(event: Pick<StartEvent, "t" | "epoch">): void;
  /** latches again what was latched when the last process ended */
  restore(latched: readonly LatchedCause[]): void;
  /** true: the sample is trusted; false: it counts as missing */
  sample(sample: Sample): boolean;
  fault(event: FaultEvent): void;
  tick(t: Micros): void;
  health(event: HealthEvent): void;
  actuator(event: ActuatorEvent): void;
  /** worst severity of everything active or latched */
  readonly worst: Severity;
  /** set when the table of causes changed; whoever looked sets it back */
  changed: boolean;
  /** a required channel has not been heard yet */
  readonly starting: boolean;
  /** worst first */
  causes(): readonly Cause[];
  latched(): readonly Cause[];
  readonly anyLatched: boolean;
  /** a latched cause that is a matter of reset: now, or once its condition has ended */
  readonly anyForReset: boolean;
  /** the worst cause in brief, or null */
  worstCause(): {
    readonly code: Code;
    readonly source: string;
    readonly detail: string;
    readonly severity: Severity;
  } | null;
  isActive(code: Code, source?: string): boolean;
  /** a condition that lasts until `clear` */
  raise(code: Code, source: string, detail: string): void;
  clear(code: Code, source: string): void;
  /** something that is over as soon as it happened: only its latch, if it has one, remains */
  happened(code: Code, source: string, detail: string): void;
  acknowledge(code: Code, source: string, role: Role): boolean;
  reset(): { ok: true } | { ok: false; blockedBy: readonly Cause[] };
  /** lets rules of extensions hear the event that was taken in last; the rest of the reflex has heard it by then */
  askGuests(event: CellEvent): void;
  readonly hasGuests: boolean;
  /** what runs of the block: since when (-1: nothing), and which actuator it has reached */
  setBlocked(since: number, actuator: number): void;
  readonly motion: Motion;
  readonly vitals: Vitals;
  /** our own rules */
  readonly rules: readonly Rule[];
  /** all that may state margins: our own rules and those of extensions */
  readonly measured: readonly Rule[];
  /** rules of extensions that failed at stating their margins, and how */
  readonly unmeasured: ReadonlyMap<string, string>;
  /** sets the margins of the rules that listen to this channel; for those who draw and judge a run, never for the cell */
  measure(sample: Pick<Sample, "t" | "channel" | "values">): void;
  /** what a code means: ours, or one that an extension brought */
  readonly entryOf: EntryOf;
}

/** What the engine itself may raise. */
export const ENGINE_CODES = [
  "RULE_FAILED",
  "CAUSES_OVERFLOW",
  "LATCH_UNKNOWN",
] as const satisfies readonly Code[];

class Around implements Surroundings {
  readonly motion: MotionTracker;
  readonly vitals: VitalsBook;
  doubtful = false;
  epoch = 0;
  blockedSince = -1;
  blockedActuator = 0;
  constructor(motion: MotionTracker, vitals: VitalsBook) {
    this.motion = motion;
    this.vitals = vitals;
  }
}

export function createReflex(
  setting: RuleSetting,
  factories: readonly RuleFactory[] = RULES,
  judgeFactories: readonly JudgeFactory[] = JUDGES,
  guests: Guests | null = null,
): Reflex {
  return new RuleEngine(
    setting,
    factories.flatMap((factory) => factory.build(setting)),
    judgeFactories.map((factory) => factory.build(setting)),
    guests,
  );
}

class RuleEngine implements Reflex {
  readonly rules: readonly Rule[];
  readonly #judges: readonly Judge[];
  readonly entryOf: EntryOf;
  readonly #causes: CauseTable;
  readonly #guests: GuestRules | null;
  readonly #known: (code: string) => boolean;
  #heard: Heard = TRUSTED;
  readonly #around: Around;
  readonly #jointChannel: number;
  /** rules by channel, then those that want the other kinds of events */
  readonly #onSample: (readonly Rule[])[];
  readonly #onFault: readonly Rule[][];
  #onTick: readonly Rule[];
  readonly #failed = new Set<Rule>();

  constructor(setting: RuleSetting, rules: readonly Rule[], judges: readonly Judge[], guests: Guests | null) {
    const { channels } = setting;
    assert(new Set(rules.map((r) => r.name)).size === rules.length, "every rule has its own name");
    this.rules = rules;
    this.entryOf = entriesWith(guests?.codes ?? {});
    this.#known = (code) => isOwnCode(code) || Object.hasOwn(guests?.codes ?? {}, code);
    this.#causes = new CauseTable(this.entryOf);
    this.#judges = judges;
    this.#around = new Around(
      new MotionTracker(setting.kinematics, setting.deployment.robot.joints.length),
      new VitalsBook(channels),
    );
    this.#jointChannel = channels.find((c) => c.config.quantity === "joints")?.index ?? -1;
    const wants = (rule: Rule, channel: number): boolean =>
      rule.listens === "all" || rule.listens.includes(channel);
    const listeners = (has: (rule: Rule) => boolean) =>
      channels.map((c) => rules.filter((rule) => has(rule) && wants(rule, c.index)));
    this.#onSample = listeners((rule) => rule.onSample !== undefined);
    this.#onFault = listeners((rule) => rule.onFault !== undefined);
    this.#onTick = rules.filter((rule) => rule.onTick !== undefined);
    for (const rule of rules) this.#guard(rule, () => rule.onStart?.(this.#causes));
    this.#guests =
      guests === null || guests.rules.length === 0 ? null : new GuestRules(setting, guests, this.#causes);
  }

  get measured(): readonly Rule[] {
    return this.#guests === null ? this.rules : [...this.rules, ...this.#guests.rules];
  }
  get unmeasured(): ReadonlyMap<string, string> {
    return this.#guests?.unmeasured ?? NONE;
  }
  get motion(): Motion {
    return this.#around.motion;
  }
  get vitals(): Vitals {
    return this.#around.vitals;
  }
  get worst(): Severity {
    return this.#causes.worst;
  }
  get changed(): boolean {
    return this.#causes.changed;
  }
  set changed(value: boolean) {
    this.#causes.changed = value;
  }
  get starting(): boolean {
    return this.#causes.isActive("SOURCE_MISSING");
  }

  start(event: Pick<StartEvent, "t" | "epoch">): void {
    this.#causes.now = event.t;
    this.#around.epoch = event.epoch;
  }

  restore(latched: readonly LatchedCause[]): void {
    for (const cause of latched) {
      if (!this.#known(cause.code)) {
        this.#causes.happened("LATCH_UNKNOWN", cause.source, `${String(cause.code)}: ${cause.detail}`);
        continue;
      }
      this.#causes.restore(cause);
      for (const rule of this.rules)
        if (rule.codes.includes(cause.code)) this.#guard(rule, () => rule.onRestore?.(cause, this.#causes));
      this.#guests?.restore(cause);
    }
  }

  sample(sample: Sample): boolean {
    const around = this.#around;
    this.#causes.now = sample.t;
    this.#heard = TRUSTED;
    if (this.#judge(sample) === "rejected") return false;
    if (!around.doubtful) {
      around.vitals.trusted(sample);
      if (sample.channel === this.#jointChannel) around.motion.update(sample);
    }
    const rules = this.#onSample[sample.channel]!;
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i]!;
      if (around.doubtful && rule.takesDoubtful !== true) continue;
      try {
        rule.onSample!(sample, around, this.#causes);
      } catch (cause) {
        this.#fail(rule, cause);
      }
    }
    const trusted = !around.doubtful;
    around.doubtful = false;
    return trusted;
  }

  fault(event: FaultEvent): void {
    this.#causes.now = event.t;
    this.#spread(event);
  }

  tick(t: Micros): void {
    this.#causes.now = t;
    this.#around.vitals.tick(t);
    const rules = this.#onTick;
    for (let i = 0; i < rules.length; i++) {
      try {
        rules[i]!.onTick!(t, this.#around, this.#causes);
      } catch (cause) {
        this.#fail(rules[i]!, cause);
      }
    }
  }

  health(event: HealthEvent): void {
    this.#causes.now = event.t;
    for (const rule of this.rules)
      this.#guard(rule, () => rule.onHealth?.(event, this.#around, this.#causes));
  }
  actuator(event: ActuatorEvent): void {
    this.#causes.now = event.t;
    for (const rule of this.rules)
      this.#guard(rule, () => rule.onActuator?.(event, this.#around, this.#causes));
  }

  measure(sample: Pick<Sample, "t" | "channel" | "values">): void {
    for (const rule of this.#onSample[sample.channel]!) rule.measure?.(sample, this.#around);
    this.#guests?.measure(sample, this.#around);
  }

  causes(): readonly Cause[] {
    return this.#causes.causes();
  }
  worstCause(): ReturnType<CauseTable["worstCause"]> {
    return this.#causes.worstCause();
  }
  get anyLatched(): boolean {
    return this.#causes.anyLatched;
  }
  get anyForReset(): boolean {
    return this.#causes.anyForReset;
  }
  latched(): readonly Cause[] {
    return this.#causes.latched();
  }
  isActive(code: Code, source?: string): boolean {
    return this.#causes.isActive(code, source);
  }
  raise(code: Code, source: string, detail: string): void {
    this.#causes.raise(code, source, detail);
  }
  clear(code: Code, source: string): void {
    this.#causes.clear(code, source);
  }
  happened(code: Code, source: string, detail: string): void {
    this.#causes.happened(code, source, detail);
  }
  acknowledge(code: Code, source: string, role: Role): boolean {
    return this.#causes.acknowledge(code, source, role);
  }
  reset(): { ok: true } | { ok: false; blockedBy: readonly Cause[] } {
    return this.#causes.reset();
  }
  get hasGuests(): boolean {
    return this.#guests !== null;
  }
  askGuests(event: CellEvent): void {
    this.#guests?.hear(event, this.#heard, this.#around);
  }
  setBlocked(since: number, actuator: number): void {
    this.#around.blockedSince = since;
    this.#around.blockedActuator = actuator;
  }

  /** Asks every judge until one refuses; leaves `around.doubtful` set for a sample of doubtful origin. */
  #judge(sample: Sample): "good" | "doubtful" | "rejected" {
    const around = this.#around;
    for (let i = 0; i < this.#judges.length; i++) {
      const judge = this.#judges[i]!;
      const code = this.#ask(judge, sample);
      if (code === null) continue;
      if (code === "RULE_FAILED") {
        this.#heard = { kind: "refused", fault: null };
        return "rejected";
      }
      around.doubtful = judge.failing === "doubtful";
      const fault: FaultEvent = {
        kind: "fault",
        t: sample.t,
        seq: sample.seq,
        channel: sample.channel,
        code,
        detail: judge.explain(sample, code, around),
      };
      this.#heard = { kind: "refused", fault };
      this.#spread(fault);
      return judge.failing;
    }
    return "good";
  }

  #ask(judge: Judge, sample: Sample): Code | null {
    try {
      return judge.judge(sample, this.#around);
    } catch (cause) {
      this.#causes.raise("RULE_FAILED", judge.name, wordsOf(cause));
      return "RULE_FAILED";
    }
  }

  #spread(event: FaultEvent): void {
    this.#around.vitals.refuse(event.channel);
    for (const rule of this.#onFault[event.channel as ChannelIndex]!)
      this.#guard(rule, () => rule.onFault!(event, this.#around, this.#causes));
  }

  #guard(rule: Rule, act: () => void): void {
    if (this.#failed.has(rule)) return;
    try {
      act();
    } catch (cause) {
      this.#fail(rule, cause);
    }
  }

  /**
   * A rule that throws is our own mistake. The robot stops and the others go on; the broken one is not asked
   * again, because what it remembers can no longer be believed.
   */
  #fail(rule: Rule, cause: unknown): void {
    this.#failed.add(rule);
    for (let i = 0; i < this.#onSample.length; i++)
      this.#onSample[i] = this.#onSample[i]!.filter((r) => r !== rule);
    this.#onTick = this.#onTick.filter((r) => r !== rule);
    this.#causes.raise("RULE_FAILED", rule.name, wordsOf(cause));
  }
}

const NONE: ReadonlyMap<string, string> = new Map();
const TRUSTED: Heard = { kind: "trusted" };
const wordsOf = (cause: unknown): string =>
  cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
