import { err, ok, type Result } from "./base/result.ts";
import type { EnergyModel, EnergyReport } from "./cell/index.ts";
import type { Deployment } from "./domain/index.ts";
import { createFeatureBank, type FeatureBank, type Frame } from "./features/index.ts";
import { bindChannels } from "./node/index.ts";
import { createLearnedEnergy, loadHead } from "./risk/index.ts";
import { createKinematics } from "./robot/index.ts";

export interface HeadProblem {
  readonly what: string;
  readonly remedy: string;
}
export type EnergyFactory = (report: EnergyReport) => EnergyModel;

/**
 * The learned energy of a deployment, from the head that it names; null without one. A head that does not
 * verify is refused here: the node does not start with it.
 */
export function energyOf(
  deployment: Deployment,
  beside: (name: string, key: string) => Result<string, HeadProblem>,
  seed: number,
  urdf?: string,
): Result<EnergyFactory | null, HeadProblem> {
  const { head: name } = deployment.risk;
  if (name === undefined) return ok(null);
  const text = beside(name, "risk.head");
  if (!text.ok) return text;
  let json: unknown;
  try {
    json = JSON.parse(text.value);
  } catch (cause) {
    return err({
      what: `risk.head: ${name}: ${(cause as Error).message}`,
      remedy: "restore the head or train one",
    });
  }
  const makeBank = () =>
    createFeatureBank({
      deployment,
      channels: bindChannels(deployment),
      kinematics: createKinematics(deployment.robot, urdf),
    });
  const head = loadHead(json, makeBank().features);
  if (!head.ok)
    return err({
      what: `risk.head: ${name}: ${head.error.code}: ${head.error.detail}`,
      remedy: "see `cellgate head verify`; restore the head or train one",
    });
  return ok((report) => {
    const { bank, features } = withFeatures(makeBank());
    return Object.assign(createLearnedEnergy({ bank, head: head.value, seed, report }), { features });
  });
}

/** A bank that also tells people what its last frame held. */
function withFeatures(bank: FeatureBank) {
  let last: Frame | null = null;
  return {
    bank: {
      sample: bank.sample,
      fault: bank.fault,
      frame: (t: number) => (last = bank.frame(t)),
    },
    features(): Record<string, number> {
      const found: Record<string, number> = {};
      const frame = last;
      if (frame !== null)
        bank.features.forEach(({ name }, i) => {
          if (frame.present[i] === 1) found[name] = frame.values[i]!;
        });
      return found;
    },
  };
}
