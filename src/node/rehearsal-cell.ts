import { type Deployment, deploymentSchema } from "../core/domain/index.ts";

const JOINTS = ["j1", "j2", "j3", "j4", "j5", "j6"];
const HOME = [0, -1.5, 1.5, -1.5, -1.5, 0];
/** recovers at once, so that many stops fit into little time */
const QUICK = { releaseMs: 10 };
const PATIENT = { transport: "none", maxAgeMs: 1_000, minRateHz: 1, declaredConstant: true };

/** A cell as most are: an arm, a wrench, a distance, an e-stop, and a gate that lets calm motions through. */
export const rehearsalDeployment = (): Deployment =>
  deploymentSchema.parse({
    cellgate: 1,
    cell: "rehearsal",
    robot: {
      name: "arm",
      massMovingKg: 20,
      payloadKg: 3,
      stopTimeMs: 200,
      stopDistanceM: 0.1,
      maxToolSpeedMPerS: 1.5,
      positionUncertaintyM: 0.01,
      joints: JOINTS.map((name) => ({ name, minRad: -6.2, maxRad: 6.2, maxRadPerS: 3.1, maxRadPerS2: 20 })),
      kinematics: {
        dh: [
          { aM: 0, alphaRad: 1.5708, dM: 0.16 },
          { aM: -0.42, alphaRad: 0, dM: 0 },
          { aM: -0.39, alphaRad: 0, dM: 0 },
          { aM: 0, alphaRad: 1.5708, dM: 0.13 },
          { aM: 0, alphaRad: -1.5708, dM: 0.1 },
          { aM: 0, alphaRad: 0, dM: 0.1 },
        ],
      },
    },
    transports: { none: { kind: "none" } },
    channels: {
      near: { quantity: "range", address: "near", min: 0, max: 10, ...PATIENT },
      joints: { quantity: "joints", address: "joints", ...PATIENT },
      wrist: { quantity: "wrench", address: "wrist", min: -500, max: 500, ...PATIENT },
      base: { quantity: "wrench", address: "base", min: -500, max: 500, ...PATIENT },
      back: { quantity: "range", address: "back", min: 0, max: 10, ...PATIENT },
      estop: { quantity: "estop", address: "estop", ...PATIENT },
    },
    rules: {
      force: {
        tool: { channel: "wrist", maxForceN: 150, maxTorqueNm: 30, ...QUICK },
        base: { channel: "base", maxForceN: 400, maxTorqueNm: 90, ...QUICK },
      },
      contact: { tool: { channel: "wrist", ...QUICK }, base: { channel: "base", ...QUICK } },
      proximity: {
        tool: { channel: "near", minM: 0.3, slowM: 0.8, ...QUICK },
        back: { channel: "back", minM: 0.2, ...QUICK },
      },
      separation: {
        tool: { channel: "near", intrusionDistanceM: 0.2, humanUncertaintyM: 0.05, ...QUICK },
        back: { channel: "back", intrusionDistanceM: 0.2, humanUncertaintyM: 0.05, ...QUICK },
      },
    },
    actuators: {
      drive: { kind: "none", transport: "none", address: "drive", confirmMs: 400 },
      contactor: { kind: "none", transport: "none", address: "contactor", confirmMs: 400 },
    },
    gate: {
      stage: 3,
      targets: { arm: { path: "/cell/arm", actuator: "drive", verbs: ["trajectory"] } },
      namespace: "/cell",
      zones: { cabinet: { kind: "forbidden", min: [3, 3, 0], max: [4, 4, 2] } },
      energy: { monitored: false, because: "nothing moves in a rehearsal" },
      deferral: { monitored: false, because: "a rehearsal has no history" },
      fairness: { maxProposalsPerSecond: 1_000 },
    },
  });

/** Readings of a healthy round; `round` makes them differ a little, as real ones do. */
export const healthyReadings = (round: number): readonly (readonly number[])[] => [
  [4 + (round % 13) * 1e-3],
  [...HOME, ...JOINTS.map(() => 0), ...JOINTS.map(() => 0)],
  [0.1, 0.2, 5 + (round % 7) * 0.01, 0, 0, 0],
  [0.3, 0.1, 60 + (round % 11) * 0.01, 0, 0, 0],
  [5 + (round % 17) * 1e-3],
  [1],
];
/** One reading for each way to a stop that a technician would name first: channel and values. */
export const STOPPING: readonly (readonly [channel: number, values: readonly number[]])[] = [
  [5, [0]],
  [0, [0.1]],
  [2, [0, 0, 320, 0, 0, 0]],
];

/** A motion that nothing is wrong with. */
export const calmProposal = (id: string, farRad: number): object => ({
  schema: "cellgate.proposal/1",
  action_id: id,
  proposer: "rehearsal",
  target: "/cell/arm",
  verb: "trajectory",
  args: {
    joint_names: JOINTS,
    points: [
      { positions_rad: HOME, time_from_start_ms: 0 },
      { positions_rad: HOME.map((v, i) => (i === 0 ? v + farRad : v)), time_from_start_ms: 2_000 },
    ],
  },
});
