import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseDeployment } from "../../../src/node/deployment/index.ts";
import type { Deployment, RobotConfig } from "../../../src/core/domain/index.ts";

export const SIX_AXIS = readFileSync(resolve(import.meta.dirname, "six-axis.urdf"), "utf8");
const JOINTS = {
  turn: [2.9, 2.5, 8],
  lift: [1.9, 2.3, 8],
  elbow: [2.4, 2.5, 10],
  roll: [3.1, 3.5, 20],
  bend: [2, 3.5, 20],
  spin: [6.2, 4, 30],
} as const;

/** The robot section of a deployment with the arm of `six-axis.urdf`. */
export const sixAxisYaml = (more = ""): string => `robot:
  name: six_axis
  massMovingKg: 26
  payloadKg: 3
  stopTimeMs: 250
  stopDistanceM: 0.12
  maxToolSpeedMPerS: 1.5
  positionUncertaintyM: 0.01
  baseXM: 0.3
  baseYM: -0.2
  baseYawRad: 0.7
  joints:
${Object.entries(JOINTS)
  .map(
    ([name, [range, speed, gain]]) =>
      `    - { name: ${name}, minRad: ${-range}, maxRad: ${range}, maxRadPerS: ${speed}, maxRadPerS2: ${gain} }`,
  )
  .join("\n")}
  kinematics: { urdf: six-axis.urdf, tip: tcp }
${more}`;

/** The robot section that the README of the Universal Robots device prints. */
export const ur5eYaml = (): string => {
  const readme = readFileSync(
    resolve(import.meta.dirname, "../../../devices/universal-robots-primary/README.md"),
    "utf8",
  );
  const block = /```yaml\n(robot:\n[\s\S]*?)```/.exec(readme)?.[1];
  if (block === undefined) throw new Error("the README has no robot section");
  return block;
};

const AROUND = `cellgate: 1
cell: arm_cell
transports: { test: { kind: sim, scenario: idle } }
channels:
  joints: { quantity: joints, transport: test, address: joint_states, maxAgeMs: 100, minRateHz: 20, declaredConstant: true }
rules: {}
actuators: { drive: { kind: sim, transport: test, address: arm, confirmMs: 400 } }
operators: [{ name: anna, roles: [approve] }]
`;
export const armText = (robot: string): string => AROUND + robot;
function deploymentWith(robot: string): Deployment {
  const loaded = parseDeployment(armText(robot), "arm.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 1));
  return loaded.deployment;
}
export const robotOf = (robot: string): RobotConfig => deploymentWith(robot).robot;
export const problemsOf = (robot: string): string => {
  const loaded = parseDeployment(armText(robot), "arm.yaml");
  return loaded.ok ? "" : JSON.stringify(loaded.problems);
};
