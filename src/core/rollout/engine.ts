import { assert } from "../base/assert.ts";
import type { Code } from "../domain/index.ts";
import { type CapGuard, createCapGuard } from "./caps.ts";
import type { Judgement } from "./judge.ts";
import type { RolloutEffect, RolloutEvent, RolloutMemory, RolloutState, RolloutView } from "./messages.ts";
import { type RolloutPlan, stageTargets } from "./plan.ts";
import { REPEAT_AFTER_US, Roster } from "./roster.ts";
import type { Seat } from "./seat.ts";

export interface Rollout {
  readonly state: RolloutState;
  readonly plan: RolloutPlan;
  /** enough to go on after a crash; smaller than the plan times a constant */
  readonly memory: RolloutMemory;
  step(event: RolloutEvent): readonly RolloutEffect[];
  view(): RolloutView;
}

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
  readonly #roster: Roster;
  readonly #guard: CapGuard;
  readonly #targets: readonly number[];
  #stage: number;
  #stageSince: number;
  #runOpen: number;
  #now: number;
  #wanted: string | null;
  #lookedBy: string | null;
  #heldCode: Code | null;
  #repeatDue: number;
  #judgement: Judgement | null;
  #said: RolloutMemory["said"];
  #out: RolloutEffect[] = [];
  /** for this process: an audit that died with another one is asked for again */
  #asked = false;

  constructor(plan: RolloutPlan, restored: RolloutMemory | null) {
    this.plan = plan;
    this.#targets = stageTargets(plan.cells.length);
    this.#guard = createCapGuard(plan.caps, plan.generation, restored?.guard);
    this.#roster = new Roster(plan, restored);
    this.state = restored?.state ?? "planned";
    this.#stage = restored?.stage ?? -1;
    this.#stageSince = restored?.stageSince ?? 0;
    this.#runOpen = restored?.runOpen ?? 0;
    this.#now = restored?.now ?? 0;
    this.#wanted = restored?.wanted ?? null;
    this.#lookedBy = restored?.lookedBy ?? null;
    this.#heldCode = restored?.heldCode ?? null;
    this.#judgement = restored?.judgement ?? null;
    this.#repeatDue = restored?.repeatDue ?? 0;
    this.#said = restored?.said ?? null;
  }
  get memory(): RolloutMemory {
    const { state } = this;
    const now = this.#now;
    const stage = this.#stage;
    const stageSince = this.#stageSince;
    const runOpen = this.#runOpen;
    const heldCode = this.#heldCode;
    const wanted = this.#wanted;
    const lookedBy = this.#lookedBy;
    const judgement = this.#judgement;
    const repeatDue = this.#repeatDue;
    const said = this.#said;
    return {
      ...{ state, now, stage, stageSince, runOpen },
      ...{ heldCode, wanted, lookedBy, judgement, repeatDue, said },
      ...this.#roster.memory,
      guard: this.#guard.memory,
    };
  }

  step(event: RolloutEvent): readonly RolloutEffect[] {
    assert(event.atUs >= this.#now, `time ran backwards from ${this.#now} to ${event.atUs}`);
    this.#now = event.atUs;
    this.#out = [];
    const failed = event.kind === "report" && (event.failures > 0 || event.holds === "failed");
    if (event.kind === "report") this.#roster.report(event);
    else if (event.kind === "online") this.#online(event.cell, event.holds);
    else if (event.kind === "person") this.#person(event);
    else if (event.kind === "audit") this.#audited(event.passed);
    else if (event.kind === "other centre") this.#pause(event.by, "ROLLOUT_OTHER_CENTRE");
    else this.#repeat();
    if (event.kind === "report") this.#afterReport(failed);
    else this.#proceed();
    return this.#out;
  }

  #person({ act, by, reason }: Extract<RolloutEvent, { kind: "person" }>): void {
    if (act === "kill") this.#kill(by, reason);
    else if (act === "abort") this.#abort("ROLLOUT_ABORT_BY_PERSON", by);
    else if (act === "start" && this.state === "planned") this.#want(by);
    else if (act === "pause") this.#pause(by);
    else if (act === "advance" && this.state === "paused") {
      this.state = "running";
      // the stage had succeeded: with cells that must be heard again first, the person's look still counts
      if (this.#lookedBy === "") this.#lookedBy = by;
      if (this.#roster.told >= this.#targets[this.#stage]! && this.#judge().verdict === "advance")
        this.#want(by);
    }
  }
  /** Asks for the audit; the stage begins with its answer. */
  #want(by: string): void {
    if (!this.#asked) this.#out.push({ kind: "audit" });
    this.#asked = true;
    this.#wanted = by;
  }
  #audited(passed: boolean): void {
    const by = this.#wanted;
    this.#wanted = null;
    this.#asked = false;
    if (by === null || (this.state !== "planned" && this.state !== "running")) return;
    if (!passed) {
      if (this.state === "running") this.state = "paused";
      return this.#say("hold", "ROLLOUT_UNAUDITED", by);
    }
    if (this.state === "running") return this.#nextStage(by, "advance");
    if (this.#guard.tripped !== null) return this.#abort(this.#guard.tripped, "caps");
    this.state = "running";
    this.#nextStage(by, "start");
  }
  #pause(by: string, code: Code = "ROLLOUT_PAUSED"): void {
    if (this.state !== "running") return;
    this.state = "paused";
    this.#wanted = null;
    this.#say("pause", code, by);
  }
  /** Latched: nothing but a new plan leads out. Doing it twice changes nothing. */
  #abort(code: Code, by: string): void {
    if (this.state === "aborted" || this.state === "killed") return;
    this.state = "aborted";
    this.#wanted = null;
    this.#takeBack();
    this.#say("abort", code, by);
  }
  #kill(by: string, reason: string): void {
    if (this.state === "killed") return;
    this.state = "killed";
    this.#wanted = null;
    this.#out.push({ kind: "kill", reason });
    this.#takeBack();
    this.#say("kill", "ROLLOUT_KILLED", by);
  }
  /** Fast: every touched cell at once, without stages. Going back is never capped. */
  #takeBack(): void {
    for (const seat of this.#roster.takeBack()) this.#order(seat);
  }

  #nextStage(by: string, verdict: "start" | "advance"): void {
    this.#say(verdict, verdict === "start" ? "ROLLOUT_STARTED" : "ROLLOUT_ADVANCED", by, this.#stage + 1);
    this.#stage++;
    this.#stageSince = this.#now;
    this.#heldCode = null;
    this.#lookedBy = null;
    this.#runOpen = 0;
    this.#judgement = null;
    this.#roster.nextStage();
  }

  /** Bad news is judged at once, also while a person looks; good news at the next tick: judging costs more than counting. */
  #afterReport(failed: boolean): void {
    if (this.state !== "running" && this.state !== "paused") return;
    if (failed) this.#judgement = this.#judge();
    if (failed && this.#judgement?.verdict === "abort") this.#abort(this.#judgement.code, "judge");
    else if (this.state === "running" && this.#wanted === null) this.#tellMore();
  }
  #proceed(): void {
    if (this.state !== "running" || this.#wanted !== null) return;
    this.#judgement = this.#judge();
    if (this.#judgement.verdict === "abort") return this.#abort(this.#judgement.code, "judge");
    this.#tellMore();
    if (this.state !== "running" || this.#roster.told < this.#targets[this.#stage]!) return;
    if (this.#judgement.verdict === "hold") return this.#hold(this.#judgement.code);
    if (this.#stage === this.#targets.length - 1) return this.#finish();
    if (!this.plan.pauseAfterStage || this.#lookedBy) return this.#want(this.#lookedBy ?? "judge");
    this.#lookedBy = "";
    this.#pause("plan");
  }
  /** What has ended is judged no more. */
  #silent(): Seat[] {
    const judged = this.state === "running" || this.state === "paused";
    return judged ? this.#roster.silent(this.#now) : [];
  }
  #hold(code: Code): void {
    if (this.#heldCode === code) return;
    this.#heldCode = code;
    this.#say("hold", code, "judge");
  }
  #finish(): void {
    this.state = "done";
    this.#say("done", "ROLLOUT_DONE", "judge");
  }
  #judge(): Judgement {
    const complete = this.#roster.told >= this.#targets[this.#stage]!;
    const stage = { complete, sinceUs: this.#now - this.#stageSince, stages: this.#targets.length };
    const judgement = this.#roster.judge(stage, this.#silent());
    const differ = this.#roster.differing;
    if (differ === 0 || judgement.verdict === "abort") return judgement;
    return { verdict: "hold", code: "ROLLOUT_STATE_DIFFERS", terms: { ...judgement.terms, differ } };
  }
  /** One run at a time, each within its cap; the next run waits until nine in ten of this one have answered. */
  #tellMore(): void {
    const roster = this.#roster;
    const guard = this.#guard;
    const target = this.#targets[this.#stage]!;
    // a plan that misreads one cell may misread others: what they would go back to is not known
    if (roster.told < target && roster.differing > 0) return this.#hold("ROLLOUT_STATE_DIFFERS");
    if (roster.told >= target || (this.#runOpen > 0 && !roster.mostAnswered)) return;
    guard.beginRun();
    this.#runOpen = Math.min(this.plan.caps.itemsPerRun, target - roster.told);
    for (let i = 0; i < this.#runOpen; i++) {
      if (!guard.admit(this.#now)) return this.#abort(guard.tripped ?? "CAP_TOTAL", "caps");
      this.#order(roster.admit(this.#now));
    }
  }

  /** A cell that was away is told again what it should have; never more than the rollout had decided for it. */
  #online(cell: string, holds: string): void {
    const seat = this.#roster.online(cell, holds);
    if (seat !== null) this.#order(seat);
  }
  #repeat(): void {
    if (this.#wanted !== null) this.#want(this.#wanted);
    if (this.#now < this.#repeatDue) return;
    this.#repeatDue = this.#now + REPEAT_AFTER_US;
    for (const seat of this.#roster.overdue(this.#now)) this.#order(seat);
  }
  #order(seat: Seat): void {
    const apply = seat.want === "new";
    this.#out.push({
      kind: "order",
      cell: seat.name,
      do: apply ? "apply" : "rollback",
      artefact: apply ? this.plan.artefact : this.plan.previous,
    });
  }
  #say(
    verdict: Extract<RolloutEffect, { kind: "receipt" }>["verdict"],
    code: Code,
    by: string,
    stage = this.#stage,
  ): void {
    const cells = this.#targets[Math.max(0, stage)]!;
    this.#said = { verdict, code, by };
    this.#out.push({
      kind: "receipt",
      stage: `${Math.max(0, stage) + 1} of ${this.#targets.length}: ${cells} ${cells === 1 ? "cell" : "cells"}`,
      verdict,
      code,
      by,
      terms: { ...this.#judgement?.terms, touched: this.#guard.total },
    });
  }

  view(): RolloutView {
    return {
      ...this.#roster.list(this.#silent()),
      state: this.state,
      stage: this.#stage,
      targets: this.#targets,
      judgement: this.#judgement,
      said: this.#said,
      waitsForAudit: this.#wanted !== null,
      caps: { total: this.#guard.total, tripped: this.#guard.tripped },
    };
  }
}
