import { describe, expect, test } from "vitest";
import { FEATURE_FAMILIES } from "../../../src/core/features/index.ts";
import type { HeadArtefact } from "../../../src/core/risk/index.ts";
import { createKinematics } from "../../../src/core/robot/index.ts";
import { headPresence, presenceWords } from "../../../src/node/deployment/index.ts";
import { DEMO_GATE, demoCell } from "../demo-cell.ts";
import { parsed } from "../in-process.ts";

/** Just what presence looks at: features by name, and how much of V_s rests on each. */
function headOn(importance: Readonly<Record<string, number>>): HeadArtefact {
  const known = FEATURE_FAMILIES.flatMap((f) => f.specs(6).map((spec) => ({ ...spec, group: f.name })));
  const features = Object.keys(importance).map((name) => known.find((f) => f.name === name)!);
  return { features, importance: Object.values(importance) } as unknown as HeadArtefact;
}
const cellWith = (verbs: readonly string[]) => {
  const { deployment } = parsed(
    demoCell({ gate: { ...DEMO_GATE, targets: { arm: { path: "/arm", verbs } } } }),
  );
  return { deployment, kinematics: createKinematics(deployment.robot) };
};

describe("which share of a head can be present", () => {
  const head = headOn({
    force_n: 0.5,
    plan_nodes: 0.2,
    decision_entropy_share: 0.2,
    hidden_base_norm: 0.06,
    current_max_a: 0.04,
  });
  test("without a deployment: what is measured, and what a proposal says", () => {
    const { state, action, never } = headPresence(head, null);
    expect([state.share, action.share, never.share].map((s) => Math.round(s * 100))).toEqual([54, 46, 0]);
  });
  test("in a cell: what has no channel and what no target allows can never be present", () => {
    const found = headPresence(head, cellWith(["trajectory"]));
    expect(found.never.features).toEqual(["plan_nodes", "current_max_a"]);
    expect(found.action.features).toEqual(["decision_entropy_share", "hidden_base_norm"]);
    expect(presenceWords(found)).toEqual([
      "50 % of V_s rests on what the cell measures",
      expect.stringMatching(/^26 % of V_s rests on what a proposal says of itself/),
      expect.stringMatching(
        /^24 % of V_s can never be present in this deployment: a proposal with the verb plan/,
      ),
    ]);
    expect(headPresence(head, cellWith(["trajectory", "plan"])).never.features).toEqual(["current_max_a"]);
  });
});
