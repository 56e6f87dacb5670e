import { canonicalBytes } from "../../base/canonical.ts";
import { hexOf, pureHasher } from "../../base/hash.ts";
import {
  GATE_YELLOW_THRESHOLD,
  type HelperEvent,
  MAX_WOUNDS_PER_PROPOSAL,
  type ReceiptBodyOf,
  WOUND_ESCALATE_COUNT,
  WOUND_SPAWN_THRESHOLD,
} from "../../domain/index.ts";
import {
  compileAction,
  type HelperFinding,
  type HelperTask,
  nominalRun,
  readFinding,
  trialProblem,
  type Variant,
  variantsOf,
} from "../../gate/index.ts";
import { Frontier, treeHasherOf } from "../../receipts/index.ts";
import { helpersFor } from "../../gate/watch/index.ts";
import type { Desk } from "./desk.ts";
import { energyLimitOf } from "./judge.ts";
import type { OpenAction } from "./open-action.ts";
import { plainTerms } from "./plain-terms.ts";
import { takeBack } from "./running.ts";

type WoundBody = ReceiptBodyOf<"wound">;
/** Findings that are still waited for; the oldest is forgotten first. */
const MAX_AWAITED_FINDINGS = 200;

/** Writes the wounds that this verdict shows, and starts helpers or escalates when they pile up. */
export function noteWounds(action: OpenAction, score: number, desk: Desk): void {
  const { lane } = action;
  const before = lane.wounds.count(desk.now());
  const wounds = lane.wounds.note(action.proposal.evidence?.confidence_trajectory ?? [], score, desk.now());
  if (wounds.length === 0) return;
  const bodies = wounds.slice(0, MAX_WOUNDS_PER_PROPOSAL).map(
    (w): WoundBody => ({
      receipt_type: "wound",
      wound_index: w.index,
      confidence_before: w.before,
      confidence_after: w.after,
      drop_magnitude: w.drop,
      action_id: action.id,
    }),
  );
  for (const body of bodies) desk.receipt(body);
  const count = lane.wounds.count(desk.now());
  desk.count("wounds");
  if (before < WOUND_SPAWN_THRESHOLD && count >= WOUND_SPAWN_THRESHOLD) spawn(action, count, bodies, desk);
  if (
    before < WOUND_ESCALATE_COUNT &&
    desk.stopRules.check("wounds", count, WOUND_ESCALATE_COUNT - 1, action.id)
  )
    lane.escalated = true;
}

/** The gate itself is generation 0; a helper hands on nothing, so there is no generation after the first. */
const GATE_GENERATION = 0;

function spawn(action: OpenAction, wounds: number, bodies: readonly WoundBody[], desk: Desk): void {
  const proof = action.judged.loop.proof;
  const enabled = desk.stage.features.FEATURE_AUTO_SPAWN_ENABLED;
  const granted = enabled ? desk.helpers.take(helpersFor(wounds, proof), GATE_GENERATION) : 0;
  if (desk.helpers.aborted)
    desk.host.raise("HELPERS_ABORTED", action.lane.caller, `${desk.helpers.total} helpers in this run`);
  const tasks = tasksFor(action, granted, desk);
  desk.receipt({
    receipt_type: "spawn",
    wound_count: wounds,
    helpers_spawned: tasks.length,
    convergence_proof: proof,
    merkle_root: merkleRoot([
      ...bodies,
      ...tasks.map((task) => plainTerms({ kind: task.kind, seed: "seed" in task ? task.seed : 0 })),
    ]),
    action_id: action.id,
  });
  for (const task of tasks) {
    const helperId = desk.nextHelper++;
    desk.findings.set(helperId, action);
    if (desk.findings.size > MAX_AWAITED_FINDINGS)
      for (const oldest of desk.findings.keys()) {
        desk.findings.delete(oldest);
        break;
      }
    desk.host.emit({ kind: "helper", helperId, actionId: action.id, task });
  }
  desk.count("spawns");
}

/** The tree over the wounds that led to the helpers, and over what the helpers were asked. */
function merkleRoot(leaves: readonly unknown[]): string {
  const hasher = treeHasherOf(pureHasher);
  const tree = new Frontier(hasher);
  for (const leaf of leaves) tree.append(hasher.leaf(canonicalBytes(leaf)));
  return hexOf(tree.root());
}

/** Three kinds of work in turn: look deeper, compare the sensors, search for something safer. */
function tasksFor(action: OpenAction, count: number, desk: Desk): HelperTask[] {
  const { noise, deepSims, sims } = desk.gate.monteCarlo;
  const variants = count > 2 ? variantsFor(action, desk) : [];
  const tasks: HelperTask[] = [];
  for (let i = 0; i < count; i++) {
    const kind = i % 3;
    if (kind === 1) tasks.push({ kind: "cross", rows: crossRows(action, desk) });
    else if (kind === 2 && variants.length > 0)
      tasks.push({ kind: "variant", seed: action.trialSeed, noise, sims, variants });
    else
      tasks.push({
        kind: "deep",
        problem: action.judged.problem,
        seed: action.trialSeed + i,
        noise,
        sims: deepSims,
      });
  }
  return tasks;
}

const crossRows = ({ judged }: OpenAction, desk: Desk) =>
  judged.sight.channels.flatMap((c) => {
    const quantity = desk.host.deployment.channels[c.name]?.quantity;
    return quantity === undefined
      ? []
      : [{ name: c.name, quantity, ageMs: (judged.sight.t - c.t) / 1_000, values: c.values }];
  });

/** Only variants that pass the hard rules are tried; whoever takes one proposes it anew, through the same gate. */
function variantsFor(action: OpenAction, desk: Desk): Variant[] {
  const { host } = desk;
  const { sight } = action.judged;
  const names = host.deployment.robot.joints.map((j) => j.name);
  const variants: Variant[] = [];
  for (const { name, proposal } of variantsOf(action.proposal, sight.position, names)) {
    const compiled = compileAction(proposal, sight, host);
    if (!compiled.ok) continue;
    const problem = trialProblem(compiled.value, sight, {
      deployment: host.deployment,
      chain: desk.chain,
      linkRadiiM: host.kinematics.linkRadiiM,
      energyLimit: energyLimitOf(sight, desk),
    });
    if (nominalRun(problem).refusal === null) variants.push({ name, args: proposal.args, problem });
  }
  return variants;
}

/** A finding changes nothing for the better: it may warn, and it may be offered. */
export function onFinding(event: HelperEvent, desk: Desk): void {
  const action = desk.findings.get(event.helperId);
  if (action === undefined || action.id !== event.actionId) return desk.count("findings_unexpected");
  desk.findings.delete(event.helperId);
  const finding = readFinding(event.finding);
  desk.count(`findings_${finding.kind}`);
  action.helpers.push(finding.kind);
  if (finding.kind === "variant" && finding.best !== null)
    desk.answer(action.id, action.via, "OFFER", action.decision.code, `variant "${finding.best}"`, {
      variant: finding.best,
      args: finding.args,
    });
  if (action.state === "running" && desk.actions.get(action.id) === action && isWarning(finding))
    takeBack(action, "revoked", "HELPER_WARNED", warningOf(finding), "aborted", desk);
}
const isWarning = (finding: HelperFinding): boolean =>
  (finding.kind === "deep" && !(finding.shareLower >= GATE_YELLOW_THRESHOLD)) ||
  (finding.kind === "cross" && finding.conflicts.length > 0);
const warningOf = (finding: HelperFinding): string =>
  finding.kind === "deep"
    ? `safe share at least ${finding.shareLower}`
    : finding.kind === "cross"
      ? `${finding.conflicts.length} sensors disagree`
      : "";
