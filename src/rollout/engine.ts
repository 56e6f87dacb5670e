import { assert } from "../base/assert.ts";
import { type Code, MAX_ORDER_REPEATS } from "../domain/index.ts";
import { type CapGuard, createCapGuard } from "./caps.ts";
import { Evidence } from "./evidence.ts";
import type { Judgement } from "./judge.ts";
import type { RolloutEffect, RolloutEvent, RolloutMemory, RolloutState, RolloutView } from "./messages.ts";
import { type RolloutPlan, stageTargets } from "./plan.ts";
import {
  differingSeats,
  fairDecisions,
  isBad,
  type Seat,
  seatMemory,
  seatsOf,
  settle,
  silentSeats,
} from "./seat.ts";

export interface Rollout {
  readonly state: RolloutState;
  readonly plan: RolloutPlan;
  /** enough to go on after a crash; smaller than the plan times a constant */
  readonly memory: RolloutMemory;
  step(event: RolloutEvent): readonly RolloutEffect[];
  view(): RolloutView;
}
const LISTED = 20;
const names = (seats: readonly Seat[]): string[] => seats.slice(0, LISTED).map((seat) => seat.name);
/** an order without an answer is repeated after this, so that one lost message does not hold a stage */
const REPEAT_AFTER_US = 5_000_000;

/**
 * One rollout as a state machine: the same events give the same orders on any machine. What it remembers is
 * plain data, so a centre that died goes on where it was. Abort and kill latch; both reach cells that come
 * back later.
 */
export function createRollout(plan: RolloutPlan, restored: RolloutMemory | null = null): Rollout {
  return new Engine(plan, restored);
}

class Engine implements Rollout {
  readonly plan: RolloutPlan;
  state: RolloutState;
  private readonly seats: Seat[];
  private readonly byName = new Map<string, Seat>();
  private readonly keepers: Map<string, number>;
  private readonly guard: CapGuard;
  private readonly targets: readonly number[];
  private readonly evidence: Evidence;
  private stage: number;
  private stageFrom: number;
  private stageReached: number;
  private stageKept: number;
  private stageSince: number;
  private told: number;
  private runOpen: number;
  private now: number;
  private wanted: string | null;
  private lookedBy: string | null;
  private heldCode: Code | null;
  private repeatDue: number;
  private judgement: Judgement | null;
  private said: RolloutMemory["said"];
  private out: RolloutEffect[] = [];
  /** for this process: an audit that died with another one is asked for again */
  private asked = false;
  /** of what was heard since this process began */
  private readonly strayBaseline = new Set<string>();

  constructor(plan: RolloutPlan, restored: RolloutMemory | null) {
    this.plan = plan;
    this.targets = stageTargets(plan.cells.length);
    this.guard = createCapGuard(plan.caps, plan.generation, restored?.guard);
    this.evidence = new Evidence(restored);
    this.seats = seatsOf(plan, restored?.seats ?? []);
    for (const seat of this.seats) this.byName.set(seat.name, seat);
    this.keepers = new Map(plan.baselineCells.map((name) => [name, restored?.keepers[name] ?? -1]));
    this.state = restored?.state ?? "planned";
    this.stage = restored?.stage ?? -1;
    this.stageFrom = restored?.stageFrom ?? 0;
    this.stageReached = restored?.stageReached ?? 0;
    this.stageKept = restored?.stageKept ?? 0;
    this.stageSince = restored?.stageSince ?? 0;
    this.told = restored?.told ?? 0;
    this.runOpen = restored?.runOpen ?? 0;
    this.now = restored?.now ?? 0;
    this.wanted = restored?.wanted ?? null;
    this.lookedBy = restored?.lookedBy ?? null;
    this.heldCode = restored?.heldCode ?? null;
    this.judgement = restored?.judgement ?? null;
    this.repeatDue = restored?.repeatDue ?? 0;
    this.said = restored?.said ?? null;
  }
  get memory(): RolloutMemory {
    const { state, now, stage, stageFrom, stageReached, stageKept, stageSince, told, runOpen } = this;
    const { heldCode, wanted, lookedBy, judgement, repeatDue, said } = this;
    return {
      ...{ state, now, stage, stageFrom, stageReached, stageKept, stageSince, told, runOpen },
      ...{ heldCode, wanted, lookedBy, judgement, repeatDue, said },
      ...this.evidence.memory,
      guard: this.guard.memory,
      seats: seatMemory(this.seats),
      keepers: Object.fromEntries(this.keepers),
    };
  }

  step(event: RolloutEvent): readonly RolloutEffect[] {
    assert(event.atUs >= this.now, `time ran backwards from ${this.now} to ${event.atUs}`);
    this.now = event.atUs;
    this.out = [];
    const failed = event.kind === "report" && (event.failures > 0 || event.holds === "failed");
    if (event.kind === "report") this.report(event);
    else if (event.kind === "online") this.online(event.cell, event.holds);
    else if (event.kind === "person") this.person(event);
    else if (event.kind === "audit") this.audited(event.passed);
    else if (event.kind === "other centre") this.pause(event.by, "ROLLOUT_OTHER_CENTRE");
    else this.repeat();
    if (event.kind === "report") this.afterReport(failed);
    else this.proceed();
    return this.out;
  }

  private person({ act, by, reason }: Extract<RolloutEvent, { kind: "person" }>): void {
    if (act === "kill") this.kill(by, reason);
    else if (act === "abort") this.abort("ROLLOUT_ABORT_BY_PERSON", by);
    else if (act === "start" && this.state === "planned") this.want(by);
    else if (act === "pause") this.pause(by);
    else if (act === "advance" && this.state === "paused") {
      this.state = "running";
      // the stage had succeeded: with cells that must be heard again first, the person's look still counts
      if (this.lookedBy === "") this.lookedBy = by;
      if (this.told >= this.targets[this.stage]! && this.judge().verdict === "advance") this.want(by);
    }
  }
  /** Asks for the audit; the stage begins with its answer. */
  private want(by: string): void {
    if (!this.asked) this.out.push({ kind: "audit" });
    this.asked = true;
    this.wanted = by;
  }
  private audited(passed: boolean): void {
    const by = this.wanted;
    this.wanted = null;
    this.asked = false;
    if (by === null || (this.state !== "planned" && this.state !== "running")) return;
    if (!passed) {
      if (this.state === "running") this.state = "paused";
      return this.say("hold", "ROLLOUT_UNAUDITED", by);
    }
    if (this.state === "running") return this.nextStage(by, "advance");
    if (this.guard.tripped !== null) return this.abort(this.guard.tripped, "caps");
    this.state = "running";
    this.nextStage(by, "start");
  }
  private pause(by: string, code: Code = "ROLLOUT_PAUSED"): void {
    if (this.state !== "running") return;
    this.state = "paused";
    this.wanted = null;
    this.say("pause", code, by);
  }
  /** Latched: nothing but a new plan leads out. Doing it twice changes nothing. */
  private abort(code: Code, by: string): void {
    if (this.state === "aborted" || this.state === "killed") return;
    this.state = "aborted";
    this.wanted = null;
    this.takeBack();
    this.say("abort", code, by);
  }
  private kill(by: string, reason: string): void {
    if (this.state === "killed") return;
    this.state = "killed";
    this.wanted = null;
    this.out.push({ kind: "kill", reason });
    this.takeBack();
    this.say("kill", "ROLLOUT_KILLED", by);
  }
  /** Fast: every touched cell at once, without stages. Going back is never capped. */
  private takeBack(): void {
    for (const seat of this.seats) {
      if (seat.told < 0) continue;
      seat.want = "old";
      seat.repeats = 0;
      // it refused to change, since it holds something that the plan knows nothing of: that is not touched
      seat.answered = seat.holds === "other";
      if (seat.answered) seat.holds = "old";
      else this.order(seat);
    }
  }

  private nextStage(by: string, verdict: "start" | "advance"): void {
    this.say(verdict, verdict === "start" ? "ROLLOUT_STARTED" : "ROLLOUT_ADVANCED", by, this.stage + 1);
    this.stage++;
    this.stageFrom = this.told;
    this.stageReached = 0;
    this.stageKept = 0;
    this.stageSince = this.now;
    this.heldCode = null;
    this.lookedBy = null;
    this.runOpen = 0;
    this.judgement = null;
    this.evidence.nextStage();
  }

  /** Bad news is judged at once, also while a person looks; good news at the next tick: judging costs more than counting. */
  private afterReport(failed: boolean): void {
    if (this.state !== "running" && this.state !== "paused") return;
    if (failed) this.judgement = this.judge();
    if (failed && this.judgement?.verdict === "abort") this.abort(this.judgement.code, "judge");
    else if (this.state === "running" && this.wanted === null) this.tellMore();
  }
  private proceed(): void {
    if (this.state !== "running" || this.wanted !== null) return;
    this.judgement = this.judge();
    if (this.judgement.verdict === "abort") return this.abort(this.judgement.code, "judge");
    this.tellMore();
    if (this.state !== "running" || this.told < this.targets[this.stage]!) return;
    if (this.judgement.verdict === "hold") return this.hold(this.judgement.code);
    if (this.stage === this.targets.length - 1) return this.finish();
    if (!this.plan.pauseAfterStage || this.lookedBy) return this.want(this.lookedBy ?? "judge");
    this.lookedBy = "";
    this.pause("plan");
  }
  /** Recordings answer once and end. */
  private silent(): Seat[] {
    const judged = this.state === "running" || this.state === "paused";
    return judged && this.plan.automation !== "replay-archive" ? silentSeats(this.seats, this.now) : [];
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
    const judgement = this.evidence.judge(this.plan, {
      told: this.told - this.stageFrom,
      complete: this.told >= this.targets[this.stage]!,
      reached: this.stageReached,
      decisions: fairDecisions(this.seats.slice(this.stageFrom, this.told), this.plan.judge.minDecisions),
      keptDecisions: this.stageKept,
      present: this.told - this.silent().length,
      toldInAll: this.told,
      sinceUs: this.now - this.stageSince,
      stages: this.targets.length,
    });
    const differ = differingSeats(this.seats).length;
    if (differ === 0 || judgement.verdict === "abort") return judgement;
    return { verdict: "hold", code: "ROLLOUT_STATE_DIFFERS", terms: { ...judgement.terms, differ } };
  }
  /** One run at a time, each within its cap; the next run waits until nine in ten of this one have answered. */
  private tellMore(): void {
    const target = this.targets[this.stage]!;
    // a plan that misreads one cell may misread others: what they would go back to is not known
    if (this.told < target && differingSeats(this.seats).length > 0)
      return this.hold("ROLLOUT_STATE_DIFFERS");
    const reachedNeeded = Math.floor(this.plan.judge.minReached * (this.told - this.stageFrom));
    if (this.told >= target || (this.runOpen > 0 && this.stageReached < reachedNeeded)) return;
    this.guard.beginRun();
    this.runOpen = Math.min(this.plan.caps.itemsPerRun, target - this.told);
    for (let i = 0; i < this.runOpen; i++) {
      if (!this.guard.admit(this.now)) return this.abort(this.guard.tripped ?? "CAP_TOTAL", "caps");
      const seat = this.seats[this.told++]!;
      seat.told = this.now;
      seat.want = "new";
      seat.answered = false;
      this.order(seat);
    }
  }

  private report(event: Extract<RolloutEvent, { kind: "report" }>): void {
    const lastKept = this.keepers.get(event.cell);
    if (lastKept !== undefined) {
      if (event.seq <= lastKept) return;
      this.keepers.set(event.cell, event.seq);
      return this.keep(event);
    }
    const seat = this.byName.get(event.cell);
    if (seat === undefined || event.seq <= seat.lastSeq) return;
    seat.lastSeq = event.seq;
    seat.heardUs = this.now;
    this.answer(seat, event.holds);
    // it is there: an order that it could not carry out yet is told again for as long as it takes
    if (!seat.answered) seat.repeats = 0;
    if (seat.holds !== "new" || seat.want !== "new") return;
    this.evidence.count("changed", event);
    this.measure(seat, event);
  }
  /** A baseline cell compares something only while it holds the old state. */
  private keep(event: Extract<RolloutEvent, { kind: "report" }>): void {
    const fits = event.holds === this.plan.previous;
    if (fits) this.strayBaseline.delete(event.cell);
    else this.strayBaseline.add(event.cell);
    if (!fits) return;
    this.stageKept += event.decisions;
    this.evidence.count("kept", event);
  }
  private measure(seat: Seat, event: { decisions: number; failures: number }): void {
    if (event.decisions === 0) return;
    const { changed } = this.evidence;
    if (seat.decisions === 0) changed.measured++;
    seat.decisions += event.decisions;
    seat.failures += event.failures;
    const bad = isBad(seat, this.plan.judge.decisionFailureMax);
    if (bad === seat.bad) return;
    seat.bad = bad;
    changed.bad += bad ? 1 : -1;
  }
  private answer(seat: Seat, holds: string): void {
    const had = seat.holds;
    const settled = settle(seat, holds, this.plan);
    const { changed } = this.evidence;
    if (settled && !seat.answered) {
      seat.answered = true;
      seat.repeats = 0;
      if (seat.want === "new" && seat.place >= this.stageFrom) this.stageReached++;
    }
    if (seat.told < 0 || seat.want !== "new") return;
    // a cell that had changed and went back by itself has fallen ill; it is not told again
    const fell = seat.counted && had === "new" && seat.holds !== "new";
    if (!seat.counted && settled) {
      seat.counted = true;
      changed.cells++;
    }
    if (!seat.counted || seat.ill || !(fell || seat.holds === "failed")) return;
    seat.ill = true;
    changed.cellFailures++;
  }
  /** A cell that was away is told again what it should have; never more than the rollout had decided for it. */
  private online(cell: string, holds: string): void {
    const seat = this.byName.get(cell);
    if (seat === undefined || seat.told < 0) return;
    this.answer(seat, holds);
    if (seat.answered && (seat.want === "new" || seat.holds === "old")) return;
    seat.repeats = 0;
    this.order(seat);
  }
  private repeat(): void {
    if (this.wanted !== null) this.want(this.wanted);
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
  private say(
    verdict: Extract<RolloutEffect, { kind: "receipt" }>["verdict"],
    code: Code,
    by: string,
    stage = this.stage,
  ): void {
    const cells = this.targets[Math.max(0, stage)]!;
    this.said = { verdict, code, by };
    this.out.push({
      kind: "receipt",
      stage: `${Math.max(0, stage) + 1} of ${this.targets.length}: ${cells} ${cells === 1 ? "cell" : "cells"}`,
      verdict,
      code,
      by,
      terms: { ...this.judgement?.terms, touched: this.guard.total },
    });
  }

  view(): RolloutView {
    const told = this.seats.slice(0, this.told);
    return {
      state: this.state,
      stage: this.stage,
      targets: this.targets,
      told: this.told,
      changed: told.filter((s) => s.holds === "new").length,
      failed: told.filter((s) => s.holds === "failed").length,
      offline: names(told.filter((s) => !s.answered)),
      silent: names(this.silent()),
      differ: names(differingSeats(this.seats)),
      strayBaseline: [...this.strayBaseline].sort().slice(0, LISTED),
      stillToGoBack: told.filter((s) => s.want === "old" && (s.holds !== "old" || !s.answered)).length,
      judgement: this.judgement,
      said: this.said,
      waitsForAudit: this.wanted !== null,
      caps: { total: this.guard.total, tripped: this.guard.tripped },
    };
  }
}
