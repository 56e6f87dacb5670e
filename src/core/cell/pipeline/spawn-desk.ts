import { canonicalBytes } from "../../base/canonical.ts";
import { hexOf, pureHasher } from "../../base/hash.ts";
import { type HelperEvent, type Micros, msToMicros, type ReceiptBodyOf } from "../../domain/index.ts";
import {
  actionQuestion,
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
import { energyLimitOf, withinOf } from "./judge.ts";
import { warningOf } from "./judge-score.ts";
import type { Helping, OpenAction, WrittenLeaf } from "./open-action.ts";
import { findingTerms } from "./finding-terms.ts";
import { plainTerms } from "./plain-terms.ts";
import { takeBack } from "./running.ts";

type FindingBody = ReceiptBodyOf<"finding">;
/** Late findings that are still listened to; the oldest is forgotten first. */
const MAX_AWAITED_FINDINGS = 200;
/** Offers that are remembered; the oldest is forgotten first. */
const MAX_OFFERED = 1_000;

/** Starts helpers before the verdict. false: none may start, so nothing is waited for. */
export function spawn(action: OpenAction, reason: Helping["reason"], desk: Desk): boolean {
  const woundCount = action.lane.wounds.count(desk.now());
  const tasks = tasksFor(action, grantedTo(action, reason, woundCount, desk), desk);
  action.helping = {
    reason,
    woundCount,
    started: tasks.length,
    awaited: new Map(),
    leaves: [...action.wounds],
    findings: [],
  };
  desk.count("spawns");
  if (tasks.length === 0) {
    spawnReceipt(action, action.helping, desk);
    return false;
  }
  action.state = "helping";
  action.deadline = (desk.now() + msToMicros(desk.gate.helpers.budgetMs)) as Micros;
  for (const task of tasks) {
    const helperId = desk.nextHelper++;
    action.helping.awaited.set(helperId, task.kind);
    awaitFinding(helperId, action, desk);
    desk.host.emit({ kind: "helper", helperId, actionId: action.id, task });
  }
  return true;
}

function grantedTo(action: OpenAction, reason: Helping["reason"], woundCount: number, desk: Desk): number {
  if (!desk.stage.features.FEATURE_AUTO_SPAWN_ENABLED) return 0;
  const wanted = helpersFor(woundCount, action.loop ?? { looping: false, proof: 0 });
  if (reason === "unstable") return desk.helpers.takeSpare(wanted, action.generation);
  const granted = desk.helpers.take(wanted, action.generation);
  if (desk.helpers.aborted)
    desk.host.raise("HELPERS_ABORTED", action.lane.caller, `${desk.helpers.total} helpers in this run`);
  return granted;
}

function awaitFinding(helperId: number, action: OpenAction, desk: Desk): void {
  desk.findings.set(helperId, action);
  if (desk.findings.size <= MAX_AWAITED_FINDINGS) return;
  for (const oldest of desk.findings.keys()) {
    desk.findings.delete(oldest);
    break;
  }
}

/** A finding can only lower what is decided: it may warn, and a variant may be offered. */
export function onFinding(event: HelperEvent, desk: Desk): void {
  const action = desk.findings.get(event.helperId);
  if (action === undefined || action.id !== event.actionId) return desk.count("findings_unexpected");
  desk.findings.delete(event.helperId);
  const finding = readFinding(event.finding);
  desk.count(`findings_${finding.kind}`);
  if (finding.kind === "variant" && finding.best !== null) {
    rememberOffer(action, finding.args, desk);
    desk.answer(action.id, action.via, "OFFER", action.decision.code, `variant "${finding.best}"`, {
      variant: finding.best,
      args: finding.args,
      generation: action.generation + 1,
    });
  }
  const { helping } = action;
  if (action.state !== "helping" || helping === null) return onLateFinding(action, event, finding, desk);
  const leaf = findingReceipt(
    action,
    event.helperId,
    finding,
    finding.kind === "failed" ? "failed" : "found",
    desk,
  );
  helping.awaited.delete(event.helperId);
  helping.leaves.push(leaf);
  helping.findings.push(finding);
  if (helping.awaited.size === 0) endHelping(action, desk);
}

/** Whoever proposes what a helper offered closes the loop from helper to helper: the next one counts a generation more. */
function rememberOffer({ proposal, generation }: OpenAction, args: unknown, desk: Desk): void {
  const question = actionQuestion({ ...proposal, args } as typeof proposal);
  desk.offered.set(question, Math.max(desk.offered.get(question) ?? 0, generation + 1));
  if (desk.offered.size <= MAX_OFFERED) return;
  for (const oldest of desk.offered.keys()) return void desk.offered.delete(oldest);
}

/** After the verdict only a warning counts: it takes the leave of a running action back. */
function onLateFinding(action: OpenAction, event: HelperEvent, finding: HelperFinding, desk: Desk): void {
  findingReceipt(action, event.helperId, finding, "late", desk);
  const warning = warningOf(finding);
  if (warning !== null && action.state === "running" && desk.actions.get(action.id) === action)
    takeBack(action, "revoked", "HELPER_WARNED", warning, "aborted", desk);
}

/** The budget is over: what has not come back is written as missing, and the verdict goes on without it. */
export const onHelperSilence = (action: OpenAction, desk: Desk): void => endHelping(action, desk);

function endHelping(action: OpenAction, desk: Desk): void {
  closeSpawn(action, desk);
  desk.flow.goOn(action);
}

/** Writes what is still missing, and then the root over the wounds and over everything that came back. */
export function closeSpawn(action: OpenAction, desk: Desk): void {
  const { helping } = action;
  if (helping === null || action.state !== "helping") return;
  for (const [helperId, kind] of helping.awaited)
    helping.leaves.push(
      writeFinding({ action, helperId, kind, outcome: "late", terms: { detail: "no answer in time" } }, desk),
    );
  helping.awaited.clear();
  spawnReceipt(action, helping, desk);
}

function spawnReceipt(action: OpenAction, helping: Helping, desk: Desk): void {
  desk.receipt({
    receipt_type: "spawn",
    wound_count: helping.woundCount,
    helpers_spawned: helping.started,
    convergence_proof: action.loop?.proof ?? 0,
    merkle_root: spawnRoot(helping.leaves.map(({ body }) => body)),
    action_id: action.id,
    reason: helping.reason,
    leaves: helping.leaves.map(({ id }) => id),
  });
}

/** The RFC 9162 tree over the bodies of receipts, each in its canonical bytes. */
export function spawnRoot(bodies: readonly unknown[]): string {
  const hasher = treeHasherOf(pureHasher);
  const tree = new Frontier(hasher);
  for (const body of bodies) tree.append(hasher.leaf(canonicalBytes(body)));
  return hexOf(tree.root());
}

function findingReceipt(
  action: OpenAction,
  helperId: number,
  finding: HelperFinding,
  outcome: FindingBody["outcome"],
  desk: Desk,
): WrittenLeaf {
  return writeFinding({ action, helperId, kind: finding.kind, outcome, terms: findingTerms(finding) }, desk);
}
function writeFinding(
  found: {
    readonly action: OpenAction;
    readonly helperId: number;
    readonly kind: string;
    readonly outcome: FindingBody["outcome"];
    readonly terms: Readonly<Record<string, unknown>>;
  },
  desk: Desk,
): WrittenLeaf {
  const body: FindingBody = {
    receipt_type: "finding",
    action_id: found.action.id,
    helper_id: found.helperId,
    kind: found.kind,
    outcome: found.outcome,
    terms: plainTerms(found.terms),
  };
  return { id: desk.receipt(body), body };
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
  const { sight, energy } = action.judged;
  const seen = { ...sight, energy: energy.value, energyContributions: energy.contributions };
  const names = host.deployment.robot.joints.map((j) => j.name);
  const variants: Variant[] = [];
  for (const { name, proposal } of variantsOf(action.proposal, sight.position, names)) {
    const compiled = compileAction(proposal, sight, host, withinOf(action) ?? {});
    if (!compiled.ok) continue;
    const problem = trialProblem(compiled.value, seen, {
      deployment: host.deployment,
      chain: desk.chain,
      linkRadiiM: host.kinematics.linkRadiiM,
      energyLimit: energyLimitOf(sight, desk),
    });
    if (nominalRun(problem).refusal === null) variants.push({ name, args: proposal.args, problem });
  }
  return variants;
}
