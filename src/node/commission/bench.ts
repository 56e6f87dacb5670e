import type { Hand, Spot } from "../../../sim/index.ts";
import type { CellEvent, Micros, OperatorAct, Role } from "../../core/domain/index.ts";
import { operatorIdOf, severityRank } from "../../core/domain/index.ts";
import type { Kinematics } from "../../core/robot/index.ts";
import type { CellNode } from "../node.ts";
import type { Measured } from "./figures.ts";
import type { CommissionStep } from "./steps.ts";

/** Who does what a step asks for: a person who reads prompts, or the hand of a simulated cell. */
export interface Doer {
  /** begins a step: speed and words */
  prepare(step: CommissionStep, done: number, of: number): void;
  /** true: somebody looked, nothing is pressed and nobody is inside: reset and resume may be asked */
  clear(): boolean;
  act(step: CommissionStep): void;
  undo(step: CommissionStep): void;
}
interface Setting {
  readonly node: CellNode;
  readonly kinematics: Kinematics;
  readonly doer: Doer;
  readonly as: string;
  readonly repeats: number;
  /** how long an act may take */
  readonly patienceUs: number;
  readonly finished: (step: CommissionStep, measured: readonly Measured[]) => void;
}
type Phase = "ready" | "run" | "act" | "stopping" | "undo";

const ASK_EVERY_US = 500_000;
const DWELL_US = 1_200_000;
/** repetitions meet the robot at other places of its job */
const DWELL_STEP_US = 170_000;
const FULL_SPEED_SHARE = 0.9;
const MOVING_SHARE = 0.4;
/** slower than this a stop is not worth measuring */
const MOVING_M_PER_S = 0.02;
const SPEED_PATIENCE_US = 10_000_000;
const READY_PATIENCE_US = 120_000_000;
const STANDING_ROOM_US = 2_000_000;
const SETTLE_US = 300_000;
const ROLES: readonly Role[] = ["reset", "resume", "kill", "acknowledge"];

/** Takes each step the wanted number of times and measures; moved on by the clock, never by a timer of its own. */
export class CommissionBench {
  readonly #setting: Setting;
  readonly #steps: CommissionStep[];
  readonly #lastAt = new Map<string, number>();
  readonly #before = new Map<string, number>();
  readonly #at = new Float64Array(3);
  readonly #last = new Float64Array(3);
  readonly #tool = { pathM: 0, known: false, atUs: 0 };
  #measured: Measured[] = [];
  #phase: Phase = "ready";
  #since = 0;
  #asked = 0;
  #requests = 0;
  #peak = 0;
  #known = new Set<string>();
  #event = 0;
  #cause: { readonly words: string; readonly reactionMs: number | null } | null = null;
  #stopAt = 0;
  #speed = 0;
  #prepared = false;

  constructor(setting: Setting, steps: readonly CommissionStep[]) {
    this.#setting = setting;
    this.#steps = [...steps];
  }
  get done(): boolean {
    return this.#steps.length === 0;
  }

  /** everything that enters the cell, after it was carried out */
  hear(event: CellEvent): void {
    if (event.kind !== "sample") return this.#look();
    const { node, kinematics } = this.#setting;
    const { name, config } = node.channels[event.channel]!;
    this.#before.set(name, this.#lastAt.get(name) ?? event.t);
    this.#lastAt.set(name, event.t);
    this.#event = event.t;
    if (config.quantity === "joints") {
      kinematics.tool(node.cell.reflex.motion.position, this.#at);
      if (this.#tool.known)
        this.#tool.pathM += distance(this.#at, this.#last) * this.#shareAfterStop(event.t);
      this.#last.set(this.#at);
      this.#tool.known = true;
      this.#tool.atUs = event.t;
      this.#peak = Math.max(this.#peak, node.cell.reflex.motion.toolMPerS);
    }
    this.#look();
  }

  /** of the way since the joints were heard last, how much lies after the stop */
  #shareAfterStop(t: number): number {
    const { atUs } = this.#tool;
    if (this.#phase !== "stopping" || atUs >= this.#stopAt || t <= atUs) return 1;
    return (t - this.#stopAt) / (t - atUs);
  }

  /** a cause that was not there before the act, and that holds the robot where the step asks for that */
  #look(): void {
    const step = this.#steps[0];
    if (step === undefined || this.#phase !== "act") return;
    const { node } = this.#setting;
    const found = node.cell.reflex
      .causes()
      .find(
        (c) =>
          c.active &&
          !this.#known.has(`${c.code} ${c.source}`) &&
          belongs(step, c.source, c.code) &&
          (!step.stops || severityRank(c.severity) >= severityRank("hold")),
      );
    if (found === undefined) return;
    const t = found.since;
    const seen = step.channels.map((name) => {
      const last = this.#lastAt.get(name) ?? t;
      return last === t && this.#event === t ? this.#before.get(name)! : last;
    });
    const reactionMs = seen.length === 0 ? null : (t - Math.min(...seen)) / 1_000;
    this.#cause = { words: `${found.code} ${found.source}`, reactionMs };
    this.#stopAt = t;
    this.#speed = node.cell.reflex.motion.toolMPerS;
    this.#tool.pathM = 0;
    this.#to("stopping", t);
  }

  step(nowUs: Micros): void {
    const step = this.#steps[0];
    if (step === undefined) return;
    const lasted = nowUs - this.#since;
    if (this.#phase === "ready") this.#ready(step, nowUs, lasted);
    else if (this.#phase === "run") this.#run(step, nowUs, lasted);
    else if (this.#phase === "act") {
      // silence brings no reading to look at it
      this.#look();
      if (this.#phase !== "act") return;
      if (lasted > this.#setting.patienceUs) this.#end(step, nowUs, null, null);
    } else if (this.#phase === "stopping") this.#stopping(step, nowUs, lasted);
    else if (lasted >= SETTLE_US) this.#to("ready", nowUs);
  }

  #to(phase: Phase, nowUs: number): void {
    this.#phase = phase;
    this.#since = nowUs;
  }
  #mayMove(): boolean {
    const { state } = this.#setting.node.cell;
    return state === "RUNNING" || state === "SLOW";
  }

  #ready(step: CommissionStep, nowUs: number, lasted: number): void {
    const { node, doer, repeats } = this.#setting;
    if (!this.#prepared) doer.prepare(step, this.#measured.length, repeats);
    this.#prepared = true;
    if (this.#mayMove() && node.cell.state === "RUNNING") {
      this.#peak = 0;
      return this.#to("run", nowUs);
    }
    if (lasted > READY_PATIENCE_US) return this.#end(step, nowUs, null, null);
    if (nowUs - this.#asked < ASK_EVERY_US || !doer.clear()) return;
    this.#asked = nowUs;
    if (node.cell.state === "READY_BLOCKED") return this.#ask({ name: "resume" });
    this.#ask({ name: "reset", level: 1, retained: false });
    this.#ask({ name: "reset", level: 0, retained: false });
  }

  #run(step: CommissionStep, nowUs: number, lasted: number): void {
    if (!this.#mayMove()) return this.#to("ready", nowUs);
    const { node, doer } = this.#setting;
    if (lasted < DWELL_US + this.#measured.length * DWELL_STEP_US) return;
    const share = step.kind === "speed" ? FULL_SPEED_SHARE : MOVING_SHARE;
    const fast = node.cell.reflex.motion.toolMPerS >= share * this.#peak && this.#peak > 0;
    // a stop of a robot that stands says nothing
    if (step.stops && !fast && lasted < SPEED_PATIENCE_US) return;
    this.#known = new Set(
      node.cell.reflex
        .causes()
        .filter((c) => c.active)
        .map((c) => `${c.code} ${c.source}`),
    );
    this.#cause = null;
    this.#to("act", nowUs);
    if (step.kind === "speed") this.#ask({ name: "kill" });
    else doer.act(step);
  }

  #stopping(step: CommissionStep, nowUs: number, lasted: number): void {
    const { node } = this.#setting;
    const { robot } = node.deployment;
    if (!step.stops) return this.#end(step, nowUs, null, null);
    const { motion } = node.cell.reflex;
    const fresh = motion.at > this.#stopAt;
    if (fresh && this.#speed < MOVING_M_PER_S) return this.#end(step, nowUs, null, null);
    if (fresh && motion.fastestRadPerS <= robot.standstillRadPerS) {
      const stopMs = (motion.at - this.#stopAt) / 1_000;
      return this.#end(step, nowUs, stopMs, this.#tool.pathM);
    }
    // a robot whose joints are not heard, or that does not stop
    if (lasted > robot.stopTimeMs * 3_000 + STANDING_ROOM_US) this.#end(step, nowUs, null, null);
  }

  #end(step: CommissionStep, nowUs: number, stopMs: number | null, distanceM: number | null): void {
    const { doer, repeats, finished } = this.#setting;
    this.#measured.push({
      cause: this.#cause?.words ?? null,
      reactionMs: this.#cause?.reactionMs ?? null,
      stopMs,
      distanceM,
      speedMPerS: this.#cause === null ? null : this.#speed,
    });
    if (step.kind === "speed") this.#ask({ name: "unkill" });
    else doer.undo(step);
    this.#to("undo", nowUs);
    if (this.#measured.length < repeats) return;
    finished(step, this.#measured);
    this.#measured = [];
    this.#steps.shift();
    this.#prepared = false;
  }

  #ask(act: OperatorAct): void {
    const { node, as } = this.#setting;
    node.door.operator({
      act,
      by: operatorIdOf(as),
      roles: ROLES,
      requestId: `commission-${this.#requests++}-${this.#since}`,
      reason: "commissioning",
    });
  }
}

function belongs({ kind, sources }: CommissionStep, source: string, code: string): boolean {
  if (kind === "speed") return code === "KILLED";
  return sources.includes(source);
}
const distance = (a: Float64Array, b: Float64Array): number =>
  Math.sqrt(
    (a[0]! - b[0]!) * (a[0]! - b[0]!) + (a[1]! - b[1]!) * (a[1]! - b[1]!) + (a[2]! - b[2]!) * (a[2]! - b[2]!),
  );

/** The hand of a simulated cell does what a person would. */
export function simulatedDoer(
  hand: Hand,
  spots: readonly Spot[],
  pace: (share: number) => void,
  pushN: (rule: string) => number,
): Doer {
  return {
    prepare: ({ share }) => pace(share),
    clear: () => hand.arrived,
    act({ kind, part }) {
      const spot = spots.find((s) => s.rule === part);
      if (kind === "press") hand.break(part, "pressed");
      else if (kind === "walk" && spot !== undefined) hand.walk(spot.inside, spot.outside);
      else if (kind === "push") hand.pushN = pushN(part);
      else if (kind === "cable" || kind === "publisher") hand.break(part, "lost");
    },
    undo({ kind, part }) {
      const spot = spots.find((s) => s.rule === part);
      if (kind === "walk" && spot !== undefined) hand.walk(spot.outside);
      hand.pushN = 0;
      hand.mend(part);
    },
  };
}
