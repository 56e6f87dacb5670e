import { cut } from "../base/text.ts";
import { assert } from "../base/assert.ts";
import {
  type ActuatorEvent,
  type CellEvent,
  type CellState,
  type Code,
  HEARTBEAT_PERIOD_US,
  type Micros,
  type OperatorEvent,
  type Sample,
  type Seq,
  severityRank,
  type StartEvent,
} from "../domain/index.ts";
import { createReflex, JUDGES, RULES } from "../reflex/index.ts";
import { causeRecords, createCauseLog, restrainingCauses } from "./cause-log.ts";
import type { Cell, CellSetting } from "./cell-face.ts";
import { chainSetting, switchedOff } from "./deployment-facts.ts";
import { NO_ENERGY } from "./energy.ts";
import { createEventTeller } from "./event-teller.ts";
import type { Pipeline } from "./host.ts";
import { createOperatorDesk } from "./operator-desk.ts";
import { createOutbox } from "./outbox.ts";
import { createRetreatDesk } from "./retreat-desk.ts";
import { createSecondHalf, listedIn } from "./second-half.ts";
import { createSnapshotStore } from "./snapshot.ts";
import { isBlocked, nextState, STATE_CODES } from "./state.ts";
import { createStopChain } from "./stop-chain.ts";
import { createTelemetryDigest } from "./telemetry-digest.ts";
import { toPipeline } from "./to-pipeline.ts";
import { createVelocityDesk } from "./velocity-desk.ts";

/** of a reason that a person gave, as far as a cause carries it */
const REASON_CHARS = 200;

export function createCell(setting: CellSetting): Cell {
  const { deployment, configHash, channels, kinematics } = setting;
  const reflex = createReflex(
    { deployment, channels, kinematics, pflLimits: setting.pflLimits },
    setting.rules ?? RULES,
    JUDGES,
    setting.guests ?? null,
  );
  const energy =
    setting.createEnergy?.((code, active, detail) =>
      active ? reflex.raise(code, "V_s", detail) : reflex.clear(code, "V_s"),
    ) ??
    setting.energy ??
    NO_ENERGY;
  const outbox = createOutbox(deployment.cell, configHash);
  const chain = createStopChain(chainSetting(deployment, channels, setting.obeyed ?? true), reflex, outbox);
  const causeLog = createCauseLog(outbox);
  const snapshots = createSnapshotStore(channels);
  const digest = createTelemetryDigest(setting.hash, channels.length);

  let state: CellState = "STARTING";
  let since = 0 as Micros;
  let started = false;
  let energyNow: number | null = null;
  let heartbeat = 0;
  let heartbeatDue = 0;
  let persisted = "[]";
  let seed = 0;

  const velocities = createVelocityDesk({ deployment, channels, reflex, outbox, state: () => state });

  const t = (): Micros => outbox.now();
  const teller = createEventTeller(energy);
  const stateCode = (): Code => STATE_CODES[state] ?? "CELL_RUNNING";
  const why = (): { code: Code; source: string; detail: string } => {
    const worst = reflex.worstCause();
    if (worst === null || severityRank(worst.severity) < severityRank("slow"))
      return { code: stateCode(), source: "cell", detail: "" };
    return worst;
  };

  const pipeline: Pipeline | null =
    setting.createPipeline?.({
      deployment,
      channels,
      kinematics,
      configHash,
      get seed() {
        return seed;
      },
      now: t,
      wall: outbox.wall,
      pace: () => (state === "SLOW" ? deployment.self.slowRatio : 1),
      forbidden: () => (isBlocked(state) ? why().code : null),
      causes: () => restrainingCauses(reflex.causes()),
      get retreat() {
        return retreat.leave;
      },
      snapshot: () => ({
        ...snapshots.take(t()),
        position: Array.from(reflex.motion.position),
        velocity: Array.from(reflex.motion.velocity),
        energy: energyNow,
        energyContributions: energyNow === null ? {} : energy.contributions(),
        energyThreshold: energy.threshold,
        modelHash: energy.modelHash,
      }),
      energyOf: (proposal) =>
        energy.ofAction?.(proposal) ?? {
          value: energyNow,
          contributions: energyNow === null ? {} : energy.contributions(),
        },
      receipt(body, awaited) {
        teller.receipt(body, t());
        return outbox.receipt(body, awaited);
      },
      emit: outbox.emit,
      raise: (code, source, detail) => reflex.happened(code, source, detail),
      lasting: (code, source, detail) =>
        detail === null ? reflex.clear(code, source) : reflex.raise(code, source, detail),
      lower: (code, source) => void reflex.acknowledge(code, source, "acknowledge"),
    }) ?? null;

  const enter = (to: CellState, by: string, reason: string, cause = why()): void => {
    const from = state;
    const wasBlocked = isBlocked(from);
    state = to;
    since = t();
    const code = cause.source === "cell" ? stateCode() : cause.code;
    if (isBlocked(to) && (!wasBlocked || to === "STOPPED")) {
      chain.block(t(), code, cause.detail);
      if (pipeline !== null) outbox.afterBlocks(() => pipeline.stopped(code));
    }
    if (!isBlocked(to) || to === "RETREATING") chain.release();
    if (to === "SLOW") outbox.emit({ kind: "slow", scale: deployment.self.slowRatio });
    // a retreat was judged at the pace that it states, which is slow already
    if (to === "RUNNING" || to === "RETREATING") outbox.emit({ kind: "slow", scale: 1 });
    velocities.entered(t());
    outbox.afterBlocks(() =>
      outbox.receipt(
        { receipt_type: "state_change", from, to, code, reason, by, causes: causeRecords(reflex.causes()) },
        false,
      ),
    );
  };

  const retreat = createRetreatDesk({
    deployment,
    reflex,
    state: () => state,
    now: t,
    enter: (to, reason, cause) => enter(to, "gate", reason, cause),
  });

  /** Follows the causes: receipts for their edges, persistence of latched ones, and the state they lead to. */
  const settle = (): void => {
    if (!reflex.changed) return;
    reflex.changed = false;
    const to = nextState(state, reflex.worst, reflex.anyLatched, reflex.starting);
    if (to !== state) {
      // the causes that an arm backs away from may stay while it does
      const cause = state === "RETREATING" ? retreat.newCause() : why();
      if (cause !== null) enter(to, "cell", cause.detail, cause);
    }
    teller.causes(reflex.causes(), t());
    outbox.afterBlocks(logCauses);
  };
  const logCauses = (): void => {
    causeLog.update(reflex.causes(), t());
    const latched = reflex.latched();
    const text = JSON.stringify(latched.map((c) => [c.code, c.source]));
    if (text === persisted) return;
    persisted = text;
    outbox.persist({
      kind: "persist",
      latched: latched.map(({ code, source, detail }) => ({ code, source, detail })),
    });
  };

  const desk = createOperatorDesk({
    entryOf: reflex.entryOf,
    anyLatched: () => state === "STOPPED" || reflex.anyForReset,
    reset: () => {
      const result = reflex.reset();
      return result.ok ? null : result.blockedBy[0]!.code;
    },
    acknowledge: (code, source, roles) => roles.some((role) => reflex.acknowledge(code, source, role)),
    resume: () => state === "READY_BLOCKED" && severityRank(reflex.worst) < severityRank("hold"),
    kill: (by, reason) => reflex.raise("KILLED", "operator", `by ${by}: ${cut(reason, REASON_CHARS)}`),
    unkill: () => {
      reflex.clear("KILLED", "operator");
      return reflex.acknowledge("KILLED", "operator", "kill");
    },
  });

  const start = (event: StartEvent): void => {
    assert(!started, "a run starts once");
    started = true;
    seed = event.seed;
    outbox.startRun(event.boot, event.epoch, event.program);
    reflex.start(event);
    reflex.restore(event.latched);
    chain.block(t(), "CELL_STARTING", "the node has just started");
    outbox.receipt(
      {
        receipt_type: "state_change",
        from: "OFF",
        to: state,
        code: "CELL_RESTARTED",
        reason: `run ${event.boot}`,
        by: "cell",
        causes: causeRecords(reflex.causes()),
        ...listedIn(setting.guests),
      },
      false,
    );
    for (const [name, because] of switchedOff(deployment))
      outbox.receipt(
        {
          receipt_type: "config_change",
          what: name,
          before_hash: "",
          after_hash: configHash,
          by: "deployment",
          reason: because,
          details: { monitored: false },
        },
        false,
      );
    // found once, at the start: receipts go on in a new shard that names the fault, so a person may acknowledge it
    if (event.ledgerFault !== null) reflex.happened("LEDGER_UNTRUSTED", "ledger", event.ledgerFault);
    pipeline?.start(event);
  };

  const operator = (event: OperatorEvent): void => {
    const verdict = desk.judge(event);
    if (persisted === "") reflex.changed = true;
    outbox.outcome(verdict.accepted, verdict.code, event.act.name);
    if (!verdict.accepted) {
      outbox.receipt(
        {
          receipt_type: "fault",
          code: verdict.code,
          source: `operator ${event.by}`,
          detail: event.act.name,
          active: true,
        },
        false,
      );
      return;
    }
    if (event.act.name === "acknowledge")
      pipeline?.acknowledged(event.act.code, event.act.source, event.by, event.reason);
    const by = cut(`${event.by}: ${event.reason}`, 1_000);
    if (event.act.name === "resume") enter(reflex.worst === "slow" ? "SLOW" : "RUNNING", by, "resumed");
    else if (state === "STOPPED" && !reflex.anyLatched) enter("READY_BLOCKED", by, event.act.name);
  };

  const beat = (at: Micros): void => {
    if (at < heartbeatDue) return;
    heartbeatDue = at + HEARTBEAT_PERIOD_US;
    if (chain.heartbeatDropped() || reflex.isActive("PART_SILENT")) return;
    outbox.emit({ kind: "heartbeat", counter: ++heartbeat, state, mayMove: !isBlocked(state), configHash });
  };

  const tick = (at: Micros): void => {
    reflex.tick(at);
    chain.tick(at);
    settle();
    velocities.tick(at);
    energyNow = energy.evaluate(at);
    pipeline?.tick(at);
    settle();
    beat(at);
    const span = digest.due(at);
    if (span === null) return;
    const counts = Object.fromEntries(channels.map((c) => [c.name, span.perChannel[c.index] ?? 0]));
    outbox.receipt(
      {
        receipt_type: "telemetry_digest",
        from_seq: span.fromSeq,
        to_seq: span.toSeq,
        events: span.events,
        sha256: span.sha256,
        channels: counts,
      },
      false,
    );
  };

  const sample = (event: Sample): void => {
    const trusted = reflex.sample(event);
    settle();
    velocities.sample(event, trusted);
    settle();
    digest.add(event);
    if (!trusted) snapshots.drop(event.channel);
    else {
      snapshots.keep(event);
      energy.sample(event);
    }
    if (state !== "RETREATING") return;
    pipeline?.backingAway();
    settle();
  };

  /** What an actuator was not told may go on moving: whatever it was, it ends in a stop. */
  const notCarried = (event: ActuatorEvent): void => {
    if (event.about === undefined) return chain.failed(event.t, event.actuator, event.detail);
    const name = Object.keys(deployment.actuators)[event.actuator] ?? "actuator";
    reflex.happened(event.about === "slow" ? "SLOW_NOT_CARRIED" : "REVOKE_NOT_CARRIED", name, event.detail);
  };

  const dispatch = (event: CellEvent): void => {
    switch (event.kind) {
      case "sample":
        return sample(event);
      case "tick":
        return tick(event.t);
      case "start":
        start(event);
        return settle();
      case "fault":
        reflex.fault(event);
        energy.fault(event);
        snapshots.drop(event.channel);
        velocities.missing(event.channel, event.t);
        return settle();
      case "health":
        reflex.health(event);
        energy.health?.(event.code);
        return settle();
      case "operator":
        operator(event);
        return settle();
      case "actuator":
        reflex.actuator(event);
        if (event.report === "failed") notCarried(event);
        settle();
        pipeline?.actuator(event);
        return settle();
      default:
        // what could not be written down is written again with the next act of a person or change of a cause
        if (event.kind === "stored" && !event.ok && event.receiptId === "latched") persisted = "";
        if (event.kind === "stored" && !event.ok)
          reflex.happened("RECEIPTS_REFUSED", "ledger", event.receiptId);
        if (pipeline !== null) toPipeline(event, pipeline);
        return settle();
    }
  };

  const secondHalf = createSecondHalf(reflex, outbox, settle);
  let lastSeq = -1 as Seq;
  return {
    step(event) {
      assert(event.seq === lastSeq + 1, `event ${event.seq} after ${lastSeq}: a gap on the tape`);
      assert(event.t >= outbox.now(), "time never runs backwards on the tape");
      assert(started || event.kind === "start", "the first event is the start");
      lastSeq = event.seq;
      outbox.begin(event.t, event.seq);
      dispatch(event);
      secondHalf.after(event);
      return outbox.takeBlocks();
    },
    settle: secondHalf.effects,
    get state() {
      return state;
    },
    get since() {
      return since;
    },
    why,
    reflex,
    pipeline,
    energy: {
      get value() {
        return energyNow;
      },
      get threshold() {
        return energy.threshold;
      },
      get modelHash() {
        return energy.modelHash;
      },
      contributions: () => energy.contributions(),
      features: () => energy.features?.() ?? {},
    },
    get heartbeat() {
      return heartbeat;
    },
    get block() {
      return { since: chain.blockedSince(), actuator: chain.reachedActuator(), rest: chain.rest() };
    },
    happened: () => teller.counts(t()),
    wall: (at) => outbox.wall(at as Micros),
    snapshots,
  };
}
