import { DEMO_GATE_WITHOUT_HEAD, demoCell } from "../../node/demo-cell.ts";

/** The demonstration cell without people, with a gate that asks a person about uncertain actions. */
export const askingCell = (): string =>
  demoCell({
    "transports.sim.scenario": "idle",
    "operators.1": { name: "planner_program", roles: [] },
    gate: {
      ...DEMO_GATE_WITHOUT_HEAD,
      stage: 2,
      namespace: "/cell",
      targets: {
        arm: { path: "/cell/arm", actuator: "arm", verbs: ["trajectory"] },
        settings: { path: "/cell/settings", verbs: ["parameter"] },
      },
      parameters: { speed_ratio: { min: 0.1, max: 1, safetyRelevant: false } },
    },
  });

/** An action whose proposer is undecided: RED, and a person may answer. */
export const undecided = (actionId: string, proposer = "planner", value = 0.5): object => ({
  schema: "cellgate.proposal/1",
  action_id: actionId,
  proposer,
  target: "/cell/settings",
  verb: "parameter",
  args: { name: "speed_ratio", value },
  evidence: { decision_probabilities: [0.5, 0.5], confidence_trajectory: [0.95, 0.95, 0.95] },
});
