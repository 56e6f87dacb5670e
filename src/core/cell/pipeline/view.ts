import type { OpenMotion, PipelineView } from "../host.ts";
import type { Desk } from "./desk.ts";
import type { OpenAction } from "./open-action.ts";

/** What status, page and metrics show; a copy that nobody can change the pipeline through. */
export function viewOf(desk: Desk): PipelineView {
  const { stage } = desk;
  const actions = [...desk.actions.values()];
  const context = desk.contexts.newest();
  return {
    stage: stage.stage,
    enforced: stage.features.FEATURE_GATE_ENABLED,
    open: actions.map(openRow),
    approvals: actions.flatMap(approvalRow),
    watchers: actions.flatMap(watcherRow),
    counts: { ...desk.counts, ...prefixed("stoprule_", desk.stopRules.tripped), helpers: desk.helpers.total },
    features: { ...stage.features },
    context: context === null ? null : { hash: context.hash, at: context.at },
    evidence: { ...stage.evidence() },
  };
}

const prefixed = (prefix: string, counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [prefix + name, count]));

const openRow = (action: OpenAction): PipelineView["open"][number] => ({
  actionId: action.id,
  proposer: action.proposal.proposer,
  verb: action.proposal.verb,
  state: action.state,
  verdict: action.confidence === null ? null : action.decision.verdict,
  confidence: action.confidence?.score ?? null,
  reason: planWords(action) ?? (action.confidence === null ? "" : action.decision.reason),
  motion: action.judged.action.moves ? motionOf(action) : null,
});

/** while new trials run, those that came back belong to another seed */
const motionOf = ({ judged, trials, trialSeed, state }: OpenAction): OpenMotion => ({
  path: judged.action.path,
  trials:
    trials === null || trials.summary === null || state === "trials" || state === "rechecking"
      ? null
      : {
          problem: judged.problem,
          seed: trialSeed,
          worst: trials.summary.worstTrial,
          cause: trials.summary.worstCause,
        },
});

/** Which step of a plan runs; null: it is none, or has not begun. */
const planWords = ({ plan, judged }: OpenAction): string | null =>
  plan === null
    ? null
    : `step ${plan.place + 1} of ${judged.action.steps.length}: ${judged.action.steps[plan.place]?.name ?? ""}`;

function approvalRow(action: OpenAction): PipelineView["approvals"][number][] {
  if (action.state !== "waiting" || action.approval === null) return [];
  const { argsHash, modelHash, expiresWall, needed, granted, escalated } = action.approval;
  return [
    {
      actionId: action.id,
      proposer: action.proposal.proposer,
      summary: `${action.judged.action.target}: ${action.judged.action.summary}`,
      code: action.decision.code,
      reason: action.decision.reason,
      caller: `${action.via.transport}:${action.via.caller}`,
      argsHash,
      modelHash,
      expiresAt: expiresWall,
      needed,
      granted: [...granted],
      escalated,
    },
  ];
}

function watcherRow({ watcher }: OpenAction): PipelineView["watchers"][number][] {
  if (watcher === null) return [];
  const { forceN, separationM, energy } = watcher.limits;
  return [
    {
      actionId: watcher.actionId,
      endsAt: watcher.endsAt,
      limits: { forceN, separationM, ...(energy === null ? {} : { energy }) },
    },
  ];
}
