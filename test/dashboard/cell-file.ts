import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const LAUNCH = resolve(import.meta.dirname, "../../launch");
/** The demonstration cell as text that may stand in any folder: what it names is found where it is. */
const demoCell = (): string =>
  readFileSync(resolve(LAUNCH, "demo-cell.yaml"), "utf8").replace(
    /head: ([\w.-]+)/,
    (_, name: string) => `head: ${JSON.stringify(resolve(LAUNCH, name))}`,
  );

/** The demonstration cell without people, with a gate that asks a person about uncertain actions. */
export const askingCell = (): string =>
  `${demoCell().replace("scenario: walk-in", "scenario: idle").trimEnd()}
  - { name: planner_program, roles: [acknowledge] }
gate:
  stage: 2
  namespace: /cell
  targets:
    arm: { path: /cell/arm, actuator: arm, verbs: [trajectory, twist, program, plan] }
    settings: { path: /cell/settings, verbs: [parameter] }
  parameters:
    speed_ratio: { min: 0.1, max: 1, safetyRelevant: false }
  energy: { monitored: false, because: "this cell has no learned head" }
  deferral: { monitored: false, because: "this cell has no history" }
`;

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
