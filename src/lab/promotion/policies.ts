import { isDeepStrictEqual } from "node:util";
import { createPrng } from "../../core/base/prng.ts";
import { type Deployment, PROPOSAL_SCHEMA } from "../../core/domain/index.ts";
import { type Head, loadHead } from "../../core/risk/index.ts";
import { adaptProposal, type PolicyCheck } from "../../core/promotion/index.ts";
import { createMeasurer } from "./measure.ts";
import { loosened } from "./loosening.ts";
import {
  changedElsewhere,
  deploymentOf,
  policyOf,
  type SectionKind,
  withSection,
} from "../../node/in-use/index.ts";
import type { SidesText } from "../../node/in-use/index.ts";
import type { Task } from "./task.ts";

const DIRECTION_DRAWS = 200;

/** Rules about what a candidate may be, each of them run; a check that throws did not pass. */
export async function checkPolicies(sides: SidesText, tasks: readonly Task[]): Promise<PolicyCheck[]> {
  const checks: PolicyCheck[] = [];
  const run = async (name: string, of: () => Promise<string | null> | string | null): Promise<void> => {
    try {
      const detail = await of();
      checks.push({ name, passed: detail === null, detail: detail ?? "" });
    } catch (cause) {
      checks.push({ name, passed: false, detail: (cause as Error).message });
    }
  };
  await run("loads", () => {
    createMeasurer(sides);
    return null;
  });
  if (!checks[0]!.passed) return checks;
  const [first] = tasks;
  if (first !== undefined) await run("repeatable", () => repeatable(sides, first));
  const { candidateHead } = createMeasurer(sides);
  if (candidateHead !== null) {
    await run("features-known", () =>
      candidateHead.absent.length === 0 ? null : `the cell does not make ${candidateHead.absent.join(", ")}`,
    );
    if (sides.kind === "head") await run("directions-kept", () => brokenDirection(candidateHead));
    else await run("only-its-part", () => otherModel(candidateHead, sides.baseline));
  } else if (sides.kind === "policy") {
    await run("stays-bounded", () => unbounded(sides.candidate));
    await run("unmeasured-not-raised", () => raisedUnmeasured(sides));
  } else await sectionChecks(sides, sides.kind as SectionKind, run);
  return checks;
}

async function repeatable(sides: SidesText, task: Task): Promise<string | null> {
  const twice = [await createMeasurer(sides).measure(task), await createMeasurer(sides).measure(task)];
  return JSON.stringify(twice[0]) === JSON.stringify(twice[1]) ? null : `${task.name} gave two results`;
}

/** Raises one declared feature at a time, at random frames: V_s may not fall. */
function brokenDirection(bound: Head): string | null {
  const own = loadHead(bound.artefact);
  if (!own.ok) return own.error.detail;
  const head = own.value;
  const { features } = head.artefact;
  const prng = createPrng(1).split("directions");
  const present = new Uint8Array(features.length).fill(1);
  const values = new Float64Array(features.length);
  for (let draw = 0; draw < DIRECTION_DRAWS; draw++) {
    for (let i = 0; i < values.length; i++) values[i] = 4 * prng.nextGaussian();
    const before = head.evaluate({ values, present });
    for (const [i, { direction, name }] of features.entries()) {
      if (direction === 0) continue;
      const kept = values[i]!;
      values[i] = kept + direction * (0.1 + 3 * prng.nextFloat());
      const after = head.evaluate({ values, present });
      values[i] = kept;
      if (after < before - 1e-9 * Math.abs(before)) return `V_s falls when ${name} gets worse`;
    }
  }
  return null;
}

/** A calibration says what the same numbers mean; a candidate that computes others is a head. */
function otherModel(candidate: Head, baseline: string | null): string | null {
  if (baseline === null) return "there is no head whose calibration it could be";
  const before = (JSON.parse(baseline) as { model?: unknown; features?: unknown }) ?? {};
  const { model, features } = candidate.artefact;
  return isDeepStrictEqual(asJson(model), before.model) &&
    isDeepStrictEqual(asJson(features), before.features)
    ? null
    : "its model is another one; promote it as a head";
}
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const EXTREMES = [0, -0, 1e-9, 1e9, -1e9, 599_999] as const;
/** Whatever comes in, an action of the same shape comes out, and twice the same. */
function unbounded(text: string): string | null {
  const adapter = policyOf(text);
  for (const v of EXTREMES) {
    const raw = probeAction(v);
    const [once, twice] = [adaptProposal(adapter, raw), adaptProposal(adapter, raw)];
    if (JSON.stringify(once) !== JSON.stringify(twice)) return `${v} gave two results`;
    if (once.ok && /null/.test(JSON.stringify(once.value))) return `${v} gives a number that is none`;
  }
  for (const alien of [null, 7, "x", [], { verb: "trajectory" }, { args: Number.NaN }])
    if (!Object.is((adaptProposal(adapter, alien) as { value?: unknown }).value, alien))
      return "changes what is no action";
  return null;
}
/** The battery proposes moves of the arm: what an adapter makes of anything else is at most what the one before made. */
function raisedUnmeasured({ baseline, candidate }: SidesText): string | null {
  const [was, is] = [policyOf(baseline ?? NO_ADAPTER), policyOf(candidate)];
  const most = ({ twist, gripper }: ReturnType<typeof policyOf>): Readonly<Record<string, number>> => ({
    "twist.linearScale": twist.linearScale,
    "twist.angularScale": twist.angularScale,
    "twist.maxLinearMPerS": twist.maxLinearMPerS ?? Number.MAX_VALUE,
    "twist.maxAngularRadPerS": twist.maxAngularRadPerS ?? Number.MAX_VALUE,
    "gripper.forceScale": gripper.forceScale,
    "gripper.maxForceN": gripper.maxForceN ?? Number.MAX_VALUE,
  });
  const before = most(was);
  if (baseline !== null && !isDeepStrictEqual([...is.proposers].sort(), [...was.proposers].sort()))
    return "adapts the actions of others than the adapter in use, and no scenario tells them apart; go back to none first";
  const raised = Object.entries(most(is)).find(([key, value]) => value > before[key]!);
  return raised === undefined ? null : `${raised[0]} rises, and no scenario measures it`;
}
const NO_ADAPTER = '{ "schema": "cellgate.policy/1", "name": "none" }';
const probeAction = (v: number) => ({
  schema: PROPOSAL_SCHEMA,
  action_id: "probe",
  proposer: "probe",
  target: "/probe",
  verb: "twist",
  args: { linear_m_s: [v, -v, v], angular_rad_s: [v, v, -v], duration_ms: 100 },
});

type Run = (name: string, of: () => string | null) => Promise<void>;
async function sectionChecks(sides: SidesText, kind: SectionKind, run: Run): Promise<void> {
  const own = deploymentOf(sides.deployment, "deployment");
  const before = sides.baseline === null ? own : withSection(kind, own, sides.baseline);
  const after = withSection(kind, own, sides.candidate);
  await run("only-its-part", () => changedElsewhere(kind, own, sides.candidate));
  await run("checks-stay-on", () => {
    const off = switchedOff(after).filter((path) => !switchedOff(before).includes(path));
    return off.length === 0 ? null : `switched off anew: ${off.join(", ")}`;
  });
  // many small steps are a large one: what a person wrote into the deployment bounds them all together
  await run("bounds-not-loosened", () => loosened(before, after) ?? loosened(own, after));
}

function leaves(value: unknown, path: string, out: Map<string, unknown>): Map<string, unknown> {
  if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value))
      leaves(inner, path === "" ? key : `${path}.${key}`, out);
  else out.set(path, value);
  return out;
}
const switchedOff = (d: Deployment): string[] =>
  [...leaves(d, "", new Map())].flatMap(([path, v]) =>
    path.endsWith("monitored") && v === false ? [path] : [],
  );
