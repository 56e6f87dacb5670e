import { assert } from "../base/assert.ts";
import { type Code, MAX_ORDER_REPEATS } from "../domain/index.ts";
import { type CapGuard, createCapGuard } from "./caps.ts";
import { emptyTally, type Judgement, judgeStage, type Tally } from "./judge.ts";
import { type RolloutPlan, stageTargets } from "./plan.ts";

export type RolloutState = "planned" | "running" | "paused" | "aborted" | "killed" | "done";

/** What a rollout may learn. Times are the centre's clock in microseconds and never run backwards. */
export type RolloutEvent =
  | { readonly kind: "tick"; readonly atUs: number }
  | {
      readonly kind: "report";
      readonly atUs: number;
      readonly cell: string;
      /** the cell's own count of reports; one that is not above the last is a repetition */
      readonly seq: number;
      /** what the cell now has, or "failed" when it could not change */
      readonly holds: string | "failed";
      /** counts since its last report */
      readonly decisions: number;
      readonly failures: number;
    }
  | { readonly kind: "online"; readonly atUs: number; readonly cell: string; readonly holds: string }
  | {
      readonly kind: "person";
      readonly atUs: number;
      readonly by: string;
      readonly act: "start" | "advance" | "pause" | "abort" | "kill";
      readonly reason: string;
    };

export type RolloutEffect =
  | {
      readonly kind: "order";
      readonly cell: string;
      readonly do: "apply" | "rollback";
      readonly artefact: string;
    }
  /** the retained kill state of the fleet */
  | { readonly kind: "kill"; readonly reason: string }
  | {
      readonly kind: "receipt";
      readonly stage: string;
      readonly verdict: "start" | "advance" | "hold" | "abort" | "pause" | "kill" | "done";
      readonly code: Code;
      readonly by: string;
      readonly terms: Readonly<Record<string, number>>;
    };

interface Seat {
  readonly name: string;
  readonly place: number;
  /** -1: not told yet */
  told: number;
  want: "old" | "new";
  holds: "old" | "new" | "failed";
  answered: boolean;
  lastSeq: number;
  repeats: number;
  decisions: number;
  failures: number;
  bad: boolean;
  counted: boolean;
}

export interface Rollout {
  readonly state: RolloutState;
  readonly plan: RolloutPlan;
  step(event: RolloutEvent): readonly RolloutEffect[];
  view(): RolloutView;
}
export interface RolloutView {
  readonly state: RolloutState;
  readonly stage: number;
  readonly targets: readonly number[];
  readonly told: number;
  readonly changed: number;
  readonly failed: number;
  readonly offline: readonly string[];
  readonly stillToGoBack: number;
  readonly judgement: Judgement | null;
  readonly caps: { readonly total: number; readonly tripped: Code | null };
}
const OFFLINE_LISTED = 20;
/** an order without an answer is repeated after this, so that one lost message does not hold a stage */
const REPEAT_AFTER_US = 5_000_000;

/**
 * One rollout as a state machine: the same events give the same orders on any machine, so a centre that
 * died goes on from its log. Abort and kill latch; both reach cells that come back later.
 */
export function createRollout(plan: RolloutPlan): Rollout {
  return new Engine(plan);
}

class Engine implements Rollout {
  readonly plan: RolloutPlan;
  state: RolloutState = "planned";
  private readonly seats: Seat[];
  private readonly byName = new Map<string, Seat>();
  private readonly keepers = new Map<string, { lastSeq: number }>();
  private readonly guard: CapGuard;
  private readonly targets: readonly number[];
  private readonly changed: Tally = emptyTally();
  private readonly kept: Tally = emptyTally();
  private stage = -1;
  private stageFrom = 0;
  private stageDecisions = 0;
  private stageReached = 0;
  private stageSince = 0;
  private told = 0;
  private runOpen = 0;
  private now = 0;
  private repeatDue = 0;
  private judgement: Judgement | null = null;
  private heldCode: Code | null = null;
  private out: RolloutEffect[] = [];

  constructor(plan: RolloutPlan) {
    this.plan = plan;
    this.targets = stageTargets(plan.cells.length);
    this.guard = createCapGuard(plan.caps, plan.generation);
    this.seats = plan.cells.map((name, place) => ({
      name,
      place,
      told: -1,
      want: "old",
      holds: "old",
      answered: false,
      lastSeq: -1,
      repeats: 0,
      decisions: 0,
      failures: 0,
      bad: false,
      counted: false,
    }));
    for (const seat of this.seats) this.byName.set(seat.name, seat);
    for (const name of plan.baselineCells) this.keepers.set(name, { lastSeq: -1 });
  }

  step(event: RolloutEvent): readonly RolloutEffect[] {
    assert(event.atUs >= this.now, `time ran backwards from ${this.now} to ${event.atUs}`);
    this.now = event.atUs;
    this.out = [];
    const failed = event.kind === "report" && (event.failures > 0 || event.holds === "failed");
    if (event.kind === "report") this.report(event);
    else if (event.kind === "online") this.online(event.cell, event.holds);
    else if (event.kind === "person") this.person(event);
    else this.repeatOrders();
    if (this.state === "running" && event.kind !== "report") this.proceed();
    else if (this.state === "running") this.afterReport(failed);
    return this.out;
  }

  private person(event: Extract<RolloutEvent, { kind: "person" }>): void {
    const { act, by } = event;
    if (act === "kill") this.kill(by, event.reason);
    else if (act === "abort") this.abort("ROLLOUT_ABORT_BY_PERSON", by);
    else if (act === "start" && this.state === "planned") this.begin(by);
    else if (act === "pause" && this.state === "running") this.pause(by);
    else if (act === "advance" && this.state === "paused") {
      this.state = "running";
      if (this.stageComplete()) this.nextStage(by);
    }
  }
  private begin(by: string): void {
    if (this.guard.tripped !== null) return this.abort(this.guard.tripped, "caps");
    this.state = "running";
    this.nextStage(by, "start");
  }
  private pause(by: string): void {
    this.state = "paused";
    this.say("pause", "ROLLOUT_PAUSED", by);
  }
  /** Latched: nothing but a new plan leads out. Doing it twice changes nothing. */
  private abort(code: Code, by: string): void {
    if (this.state === "aborted" || this.state === "killed" || this.state === "planned") {
      if (this.state === "planned") {
        this.state = "aborted";
        this.say("abort", code, by);
      }
      return;
    }
    this.state = "aborted";
    this.say("abort", code, by);
    this.takeBack();
  }
  private kill(by: string, reason: string): void {
    if (this.state === "killed") return;
    this.state = "killed";
    this.out.push({ kind: "kill", reason });
    this.say("kill", "ROLLOUT_KILLED", by);
    this.takeBack();
  }
  /** Fast: every touched cell at once, without stages. Going back is never capped. */
  private takeBack(): void {
    for (const seat of this.seats) {
      if (seat.told < 0) continue;
      seat.want = "old";
      seat.answered = false;
      seat.repeats = 0;
      this.order(seat);
    }
  }

  private nextStage(by: string, verdict: "start" | "advance" = "advance"): void {
    this.stage++;
    this.stageFrom = this.told;
    this.stageReached = 0;
    this.stageDecisions = 0;
    this.stageSince = this.now;
    this.heldCode = null;
    this.runOpen = 0;
    this.say(verdict, verdict === "start" ? "ROLLOUT_STARTED" : "ROLLOUT_ADVANCED", by);
  }
  private stageComplete(): boolean {
    return this.judgement?.verdict === "advance" && this.told >= (this.targets[this.stage] ?? 0);
  }

  /** Bad news is judged at once, good news at the next tick: judging costs more than counting. */
  private afterReport(failed: boolean): void {
    if (failed) this.judgement = this.judge();
    if (failed && this.judgement?.verdict === "abort") this.abort(this.judgement.code, "judge");
    else this.tellMore();
  }
  private proceed(): void {
    this.judgement = this.judge();
    if (this.judgement.verdict === "abort") return this.abort(this.judgement.code, "judge");
    this.tellMore();
    if (this.state !== "running") return;
    if (this.told < this.targets[this.stage]!) return;
    if (this.judgement.verdict === "hold") return this.hold(this.judgement.code);
    if (this.stage === this.targets.length - 1) return this.finish();
    if (this.plan.pauseAfterStage) return this.pause("plan");
    this.nextStage("judge");
  }
  private hold(code: Code): void {
    if (this.heldCode === code) return;
    this.heldCode = code;
    this.say("hold", code, "judge");
  }
  private finish(): void {
    this.state = "done";
    this.say("done", "ROLLOUT_DONE", "judge");
  }
  private judge(): Judgement {
    return judgeStage(
      this.changed,
      this.kept,
      {
        told: this.told - this.stageFrom,
        complete: this.told >= this.targets[this.stage]!,
        reached: this.stageReached,
        decisions: this.stageDecisions,
        sinceUs: this.now - this.stageSince,
        last: this.stage === this.targets.length - 1,
        stages: this.targets.length,
      },
      this.plan.judge,
    );
  }
  /** One run at a time, each within its cap; the next run waits until nine in ten of this one have answered. */
  private tellMore(): void {
    const target = this.targets[this.stage]!;
    const reachedNeeded = Math.floor(this.plan.judge.minReached * (this.told - this.stageFrom));
    if (this.told >= target || (this.runOpen > 0 && this.stageReached < reachedNeeded)) return;
    this.guard.beginRun();
    this.runOpen = Math.min(this.plan.caps.itemsPerRun, target - this.told);
    for (let i = 0; i < this.runOpen; i++) {
      if (!this.guard.admit(this.now)) return this.abort(this.guard.tripped ?? "CAP_TOTAL", "caps");
      const seat = this.seats[this.told++]!;
      seat.told = this.now;
      seat.want = "new";
      this.order(seat);
    }
  }

  private report(event: Extract<RolloutEvent, { kind: "report" }>): void {
    const keeper = this.keepers.get(event.cell);
    if (keeper !== undefined) {
      if (event.seq <= keeper.lastSeq) return;
      keeper.lastSeq = event.seq;
      count(this.kept, event);
      return;
    }
    const seat = this.byName.get(event.cell);
    if (seat === undefined || event.seq <= seat.lastSeq) return;
    seat.lastSeq = event.seq;
    this.answer(seat, event.holds);
    if (seat.holds !== "new" || seat.want !== "new") return;
    count(this.changed, event);
    if (seat.place >= this.stageFrom) this.stageDecisions += event.decisions;
    this.measure(seat, event);
  }
  /** A cell whose own failures are certain enough counts as one bad cell: ten decisions of one cell are not ten cells. */
  private measure(seat: Seat, event: { decisions: number; failures: number }): void {
    if (event.decisions === 0) return;
    if (seat.decisions === 0) this.changed.measured++;
    seat.decisions += event.decisions;
    seat.failures += event.failures;
    const bad =
      seat.decisions >= 20 && seat.failures > 2 * this.plan.judge.decisionFailureMax * seat.decisions + 2;
    if (bad === seat.bad) return;
    seat.bad = bad;
    this.changed.bad += bad ? 1 : -1;
  }
  private answer(seat: Seat, holds: string): void {
    const { artefact, previous } = this.plan;
    seat.holds = holds === artefact ? "new" : holds === previous ? "old" : "failed";
    const settled = seat.holds === seat.want || (seat.holds === "failed" && seat.want === "new");
    if (settled && !seat.answered) {
      seat.answered = true;
      seat.repeats = 0;
      if (seat.want === "new" && seat.place >= this.stageFrom) this.stageReached++;
    }
    if (seat.told < 0 || seat.want !== "new" || seat.counted || !settled) return;
    seat.counted = true;
    this.changed.cells++;
    if (seat.holds === "failed") this.changed.cellFailures++;
  }
  /** A cell that was away is told again what it should have; never more than the rollout had decided for it. */
  private online(cell: string, holds: string): void {
    const seat = this.byName.get(cell);
    if (seat === undefined || seat.told < 0) return;
    this.answer(seat, holds);
    if (seat.answered) return;
    seat.repeats = 0;
    this.order(seat);
  }
  private repeatOrders(): void {
    if (this.now < this.repeatDue) return;
    this.repeatDue = this.now + REPEAT_AFTER_US;
    for (let i = 0; i < this.told; i++) {
      const seat = this.seats[i]!;
      if (seat.answered || this.now - seat.told < REPEAT_AFTER_US || seat.repeats >= MAX_ORDER_REPEATS)
        continue;
      seat.repeats++;
      this.order(seat);
    }
  }
  private order(seat: Seat): void {
    const apply = seat.want === "new";
    this.out.push({
      kind: "order",
      cell: seat.name,
      do: apply ? "apply" : "rollback",
      artefact: apply ? this.plan.artefact : this.plan.previous,
    });
  }
  private say(verdict: Extract<RolloutEffect, { kind: "receipt" }>["verdict"], code: Code, by: string): void {
    this.out.push({
      kind: "receipt",
      stage: `${this.stage + 1} of ${this.targets.length}: ${this.targets[Math.max(0, this.stage)]} cells`,
      verdict,
      code,
      by,
      terms: { ...this.judgement?.terms, touched: this.guard.total },
    });
  }

  view(): RolloutView {
    const told = this.seats.slice(0, this.told);
    const silent = told.filter((s) => !s.answered);
    return {
      state: this.state,
      stage: this.stage,
      targets: this.targets,
      told: this.told,
      changed: told.filter((s) => s.holds === "new").length,
      failed: told.filter((s) => s.holds === "failed").length,
      offline: silent.slice(0, OFFLINE_LISTED).map((s) => s.name),
      stillToGoBack: told.filter((s) => s.want === "old" && s.holds !== "old").length,
      judgement: this.judgement,
      caps: { total: this.guard.total, tripped: this.guard.tripped },
    };
  }
}

function count(tally: Tally, event: { decisions: number; failures: number }): void {
  tally.decisions += event.decisions;
  tally.failures += event.failures;
}
