import { ok, err } from "../../../core/base/result.ts";
import { createPipeline } from "../../../core/cell/pipeline/index.ts";
import { parseDeployment } from "../../deployment/index.ts";
import { type FilesBeside, readDeploymentParts } from "../../deployment/index.ts";
import {
  channelIndexOf,
  type Deployment,
  type Effect,
  epochMicrosOf,
  type Micros,
  microsOf,
  operatorIdOf,
} from "../../../core/domain/index.ts";
import { createNode } from "../../node.ts";
import { createVirtualSteps } from "../../virtual-steps.ts";
import { LatencyMeter } from "../../latency.ts";
import { VirtualClock } from "../../clock.ts";
import { VirtualScheduler } from "../../scheduler.ts";
import type { Actuator } from "../../../edge/ports/index.ts";
import { adaptProposal } from "../../../core/promotion/index.ts";
import { createInlineTrials } from "../../threads/index.ts";
import { deploymentOf, deploymentText, policyOf, withSection } from "../section.ts";
import { ArtefactStore, textOf } from "../store.ts";
import { HEAD_FILE } from "../sides.ts";
import { createComparison } from "./comparison.ts";
import {
  SAMPLE_HEAD,
  type ShadowFact,
  type ShadowLook,
  type ShadowMessage,
  type ShadowReport,
  type ShadowSetting,
} from "./shadow-words.ts";

/** Nothing stands behind it: it takes every command, and there is nowhere for it to go. */
const nowhere = (name: string): Actuator => ({
  name,
  moves: true,
  block: () => true,
  slow: () => true,
  heartbeat: () => true,
  permit: (effect, nowUs) => effect.expires > nowUs,
  revoke: () => true,
});
const FOLLOW_EVERY_US = 1_000_000;
const HOUR_US = 3_600_000_000;
const LOOK_US = 1_000_000;

export interface ShadowCell {
  /** hears a stretch of the live run; null: it wants to hear more */
  take(message: ShadowMessage): Promise<"hours" | "decisions" | null>;
  report(ended: ShadowReport["ended"]): ShadowReport;
  /** once a second: where both differed; null: nothing to tell yet */
  look(): ShadowLook | null;
}

function artefactOf({ dataDir, candidate, before }: ShadowSetting): NonNullable<ShadowSetting["before"]> {
  if (before !== undefined) return before;
  const read = new ArtefactStore(dataDir).load(candidate);
  if (!read.ok) throw new Error(`${read.error.code}: ${read.error.detail}`);
  return { kind: read.value.manifest.kind, text: textOf(read.value.parts) };
}
/** The candidate in the cell in use: everything else is the same. */
function candidateOf(setting: ShadowSetting) {
  const { kind, text } = artefactOf(setting);
  const used = deploymentOf(setting.deployment, setting.file);
  const isHead = (kind === "head" || kind === "calibration") && text !== null;
  const head: Record<string, string> = isHead ? { [HEAD_FILE]: text } : {};
  const kept: Deployment = {
    ...used,
    risk:
      HEAD_FILE in head ? { head: HEAD_FILE } : used.risk.head === undefined ? {} : { head: used.risk.head },
  };
  const isSection = (kind === "rules" || kind === "gate") && text !== null;
  const deployment = isSection ? withSection(kind, kept, text) : kept;
  const files: Record<string, string> = { ...setting.files, ...head };
  return {
    kind,
    deployment,
    files,
    adapter: kind === "policy" && text !== null ? policyOf(text) : null,
  };
}

/** A second cell that hears what the first one hears and moves nothing. */
export function createShadowCell(setting: ShadowSetting): ShadowCell {
  const { kind, deployment, files, adapter } = candidateOf(setting);
  const config = parseDeployment(deploymentText(deployment), setting.file);
  if (!config.ok) throw new Error(`${config.problems[0]?.key}: ${config.problems[0]?.message}`);
  const beside: FilesBeside = (name, key) =>
    files[name] === undefined ? err({ what: `${key}: ${name} is not here`, remedy: "" }) : ok(files[name]);
  const parts = readDeploymentParts(config, setting.seed, beside);
  if (!parts.ok) throw new Error(parts.error.what);
  const clock = new VirtualClock(epochMicrosOf(setting.epoch + setting.fromUs));
  const scheduler = new VirtualScheduler(() => clock.now());
  const comparison = createComparison((t) => setting.epoch + setting.fromUs + t);
  const counts = { samples: 0, dropped: 0, permits: 0 };
  const observe = (effect: Effect, t: Micros): void => {
    if (effect.kind === "permit") counts.permits++;
    if (effect.kind !== "receipt") return;
    const { body } = effect.receipt;
    if (body.receipt_type === "gate_decision")
      comparison.shadowVerdict(body.action_id, { t, verdict: body.decision, code: "" });
    if (body.receipt_type === "block")
      comparison.shadowVerdict(body.action_id, { t, verdict: "RED", code: body.code });
  };
  const node = createNode({
    deployment,
    configHash: config.hash,
    ...parts.value,
    clock,
    scheduler,
    actuators: Object.keys(deployment.actuators).map(nowhere),
    receipts: {
      append: () => true,
      whenStored: async () => true,
      persistLatched: () => true,
      whenLatched: async () => true,
    },
    trials: createInlineTrials(),
    createPipeline,
    adapt: adapter === null ? undefined : (raw) => adaptProposal(adapter, raw),
    obeyed: false,
    record: () => {},
    observe,
  });
  const { stage, seed } = setting;
  const standing =
    stage === undefined ? {} : { stage: { kind: "read", stage, configHash: config.hash } as const };
  node.start({ boot: 1, latched: [], ledgerFault: null, seed, ...standing });
  let took = new LatencyMeter();
  let nextLook = LOOK_US;
  const follow = createFollower(node, comparison);

  const steps = createVirtualSteps({ node, clock, scheduler }, (at) => {
    follow(at);
    comparison.tick(at, node.cell.state, node.cell.why().code);
  });
  const inTime = (t: number): Micros => microsOf(Math.max(clock.now(), t - setting.fromUs));
  const sample = (row: Float64Array, at: number): void => {
    const count = row[at + 4]!;
    const values = row.subarray(at + SAMPLE_HEAD, at + SAMPLE_HEAD + count);
    counts.samples++;
    const from = performance.now();
    node.door.sample(channelIndexOf(row[at + 1]!), values, count, row[at + 2]!, row[at + 3]!);
    took.add((performance.now() - from) * 1_000);
  };
  const fact = (of: ShadowFact): void => {
    if (of.kind === "state") comparison.liveState(of.state, of.code);
    else if (of.kind === "verdict")
      comparison.liveVerdict(of.id, { t: of.t - setting.fromUs, verdict: of.verdict, code: of.code });
    else if (of.kind === "energy") {
      const { value, threshold } = node.cell.energy;
      comparison.energies(clock.now(), of.share, value === null ? null : value / Math.max(threshold, 1e-12));
    } else hand(node, of.event);
  };
  const goTo = async (t: number): Promise<void> => {
    const to = inTime(t);
    if (steps.nextAt() <= to) await steps.advance(to);
    clock.moveTo(to);
  };
  return {
    async take({ numbers, used, facts, untilUs, dropped }) {
      counts.dropped = dropped;
      let next = 0;
      const factsUntil = async (place: number): Promise<void> => {
        for (; next < facts.length && facts[next]!.at <= place; next++) {
          const { fact: of } = facts[next]!;
          await goTo(of.kind === "event" ? of.event.t : of.t);
          fact(of);
        }
      };
      for (let at = 0; at < used; at += SAMPLE_HEAD + numbers[at + 4]!) {
        await factsUntil(at);
        const to = inTime(numbers[at]!);
        if (steps.nextAt() <= to) await steps.advance(to);
        clock.moveTo(to);
        sample(numbers, at);
      }
      await factsUntil(used);
      await goTo(untilUs);
      if (setting.hours !== null && clock.now() >= setting.hours * HOUR_US) return "hours";
      return setting.decisions !== null && comparison.decisions >= setting.decisions ? "decisions" : null;
    },
    look() {
      const t = clock.now();
      if (t < nextLook) return null;
      nextLook = t + LOOK_US;
      const stepP99Us = took.quantile(0.99);
      took = new LatencyMeter();
      const differed = comparison.takeCounts();
      return differed === null ? null : { t: setting.fromUs + t, ...differed, stepP99Us };
    },
    report: (ended) => ({
      schema: "cellgate.shadow/1",
      cell: deployment.cell,
      candidate: setting.candidate,
      kind,
      live: setting.live,
      started_at: setting.epoch + setting.fromUs,
      heard_us: clock.now(),
      ended,
      trouble: "",
      ...counts,
      ...comparison.report(clock.now()),
    }),
  };
}

type Node = ReturnType<typeof createNode>;
/** What came from outside. What became of the live cell's own actions means nothing to this one. */
function hand({ door }: Node, event: Extract<ShadowFact, { kind: "event" }>["event"]): void {
  switch (event.kind) {
    case "fault":
      return door.fault(event.channel, event.code, event.detail);
    case "health":
      return door.health(event.part, event.code, event.active, event.detail);
    case "proposal":
      return event.refused === null
        ? door.proposal(event.raw, event.via)
        : door.refusedProposal(event.refused, event.via);
    case "operator": {
      const { act, by, roles, requestId, reason } = event;
      return void door.operator({ act, by, roles, requestId, reason });
    }
    default:
      return;
  }
}

/** Where people have let the live cell go, the shadow is let go too, as soon as its own causes are gone. */
function createFollower({ door, cell }: Node, comparison: ReturnType<typeof createComparison>) {
  let due = FOLLOW_EVERY_US;
  let n = 0;
  const ask = (act: Parameters<typeof door.operator>[0]["act"]): void =>
    void door.operator({
      act,
      by: operatorIdOf("shadow"),
      roles: ["reset", "resume", "acknowledge", "kill"],
      requestId: `follow-${n++}`,
      reason: "follows the live cell",
    });
  return (t: number): void => {
    if (t < due) return;
    due = t + FOLLOW_EVERY_US;
    const liveMoves = comparison.live.state === "RUNNING" || comparison.live.state === "SLOW";
    if (!liveMoves || cell.state === "RUNNING" || cell.state === "SLOW") return;
    ask({ name: "reset", level: 1, retained: false });
    ask({ name: "reset", level: 0, retained: false });
    ask({ name: "resume" });
  };
}
