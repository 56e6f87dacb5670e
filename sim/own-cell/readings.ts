import { cos, sin } from "../../src/core/base/math.ts";
import type { Prng } from "../../src/core/base/prng.ts";
import { type Deployment, MAX_SCAN_RAYS } from "../../src/core/domain/index.ts";
import type { ChannelBinding } from "../../src/edge/ports/index.ts";
import { createNoise } from "../noise.ts";
import { fanEnd, type Point } from "./spots.ts";

/** What the simulated world of one's own cell is like at this moment. */
export interface WorldState {
  readonly q: ArrayLike<number>;
  readonly qd: ArrayLike<number>;
  /** velocity of the tool point */
  readonly toolVelocity: ArrayLike<number>;
  readonly person: Point;
  /** force that somebody puts on the tool, newton */
  readonly pushN: number;
}
/** What is wrong with a channel now. */
export interface Ailment {
  readonly noiseFactor: number;
  readonly blind: boolean;
  readonly pressed: "no" | "both" | "one";
}
/** One channel's sensor: fills the row and says how many numbers it has. */
export interface Sensor {
  readonly binding: ChannelBinding;
  readonly values: Float64Array;
  /** microseconds between readings; several fall into one step when it is shorter */
  readonly periodUs: number;
  read(state: WorldState, ailment: Ailment): void;
}

const BODY_RADIUS_M = 0.2;
const DEFAULT_RANGE_M = 10;
/** above the rate that still counts as healthy, and several readings within the longest silence */
const RATE_ROOM = 1.3;
const READINGS_PER_AGE = 3;
const SLOWEST_US = 500_000;
const STEP_US = 1_000;
const HIDDEN = 8;

/** How often a channel speaks, so that it is healthy by its own deployment. */
function periodOf({ maxAgeMs, minRateHz }: ChannelBinding["config"]): number {
  const wanted = Math.min(1e6 / (minRateHz * RATE_ROOM), (maxAgeMs * 1_000) / READINGS_PER_AGE, SLOWEST_US);
  return wanted >= STEP_US ? Math.floor(wanted / STEP_US) * STEP_US : wanted;
}

export function createSensor(binding: ChannelBinding, deployment: Deployment, prng: Prng): Sensor {
  const noise = createNoise(prng.split(binding.name));
  const { config } = binding;
  const { robot, rules } = deployment;
  const periodUs = periodOf(config);
  const sensor = (
    width: number,
    read: (values: Float64Array, state: WorldState, ail: Ailment) => void,
  ): Sensor => {
    const values = new Float64Array(width);
    return { binding, values, periodUs, read: (state, ailment) => read(values, state, ailment) };
  };
  const within = (value: number): number =>
    Math.min(config.max ?? Number.POSITIVE_INFINITY, Math.max(config.min ?? Number.NEGATIVE_INFINITY, value));
  const n = robot.joints.length;
  switch (config.quantity) {
    case "joints":
      return sensor(3 * n, (values, { q, qd }, { noiseFactor }) => {
        for (let i = 0; i < n; i++) {
          values[i] = q[i]! + noise.next() * 1e-5 * noiseFactor;
          values[n + i] = qd[i]! + noise.next() * 2e-4 * noiseFactor;
          values[2 * n + i] = noise.next() * 0.05 * noiseFactor;
        }
      });
    case "wrench":
      return sensor(6, (values, { pushN }, { noiseFactor }) => {
        for (let i = 0; i < 6; i++)
          values[i] = within((i === 0 ? -pushN : 0) + noise.next() * (i < 3 ? 0.15 : 0.01) * noiseFactor);
      });
    case "range":
      return sensor(1, (values, { person }, { blind, noiseFactor }) => {
        const [x, y] = [person[0] - robot.baseXM, person[1] - robot.baseYM];
        const far = config.max ?? DEFAULT_RANGE_M;
        const distance = blind ? far : Math.sqrt(x * x + y * y) - BODY_RADIUS_M;
        values[0] = within(
          Math.min(far, Math.max(0, distance) + Math.abs(noise.next()) * 0.002 * noiseFactor),
        );
      });
    case "scan":
      return scanSensor(binding, deployment, sensor, noise);
    case "estop":
    case "protectiveStop":
      return sensor(1, (values, _state, { pressed }) => void (values[0] = pressed === "no" ? 1 : 0));
    case "estopDual": {
      const complementary = rules.estop.dual[binding.name]?.wiring === "complementary";
      return sensor(2, (values, _state, { pressed }) => {
        const [a, b] = [pressed === "no" ? 1 : 0, pressed === "both" ? 0 : 1];
        values[0] = a;
        values[1] = complementary ? 1 - b : b;
      });
    }
    case "safetyMode":
      return sensor(1, (values) => void (values[0] = rules.safetyMode.normalCodes[0]!));
    case "grip":
    case "flag":
      return sensor(1, (values) => void (values[0] = 1));
    case "heartbeat":
      return sensor(1, (values) => void (values[0] = values[0]! + 1));
    case "twistCommand":
    case "jogCommand":
      return sensor(config.quantity === "jogCommand" ? n : 6, (values) => void values.fill(0));
    case "twist":
      return sensor(6, (values, { toolVelocity, qd }, { noiseFactor }) => {
        for (let i = 0; i < 3; i++) {
          values[i] = toolVelocity[i]! + noise.next() * 1e-4 * noiseFactor;
          values[3 + i] = (i === 2 ? (qd[0] ?? 0) : 0) + noise.next() * 1e-4 * noiseFactor;
        }
      });
    case "currents":
    case "jointErrors":
      return sensor(n, (values, { qd }, { noiseFactor }) => {
        const share = config.quantity === "currents" ? 0.5 : 1e-3;
        for (let i = 0; i < n; i++) values[i] = within(qd[i]! * share + noise.next() * 1e-4 * noiseFactor);
      });
    case "hidden":
      return sensor(HIDDEN, (values) => {
        for (let i = 0; i < HIDDEN; i++) values[i] = noise.next();
      });
    case "scalar": {
      const middle = ((config.min ?? 0) + (config.max ?? 1)) / 2;
      const room = Math.max(1e-6, ((config.max ?? 1) - (config.min ?? 0)) / 1_000);
      return sensor(
        1,
        (values, _state, { noiseFactor }) =>
          void (values[0] = within(middle + noise.next() * room * noiseFactor)),
      );
    }
  }
}

type Make = (
  width: number,
  read: (values: Float64Array, state: WorldState, ailment: Ailment) => void,
) => Sensor;

/** Rays against the person's body; beyond it nothing is there. */
function scanSensor(
  { name, config }: ChannelBinding,
  { robot, rules }: Deployment,
  sensor: Make,
  noise: ReturnType<typeof createNoise>,
): Sensor {
  const { angleMinRad: first = 0, angleStepRad: step = 0.01, max: far = DEFAULT_RANGE_M } = config;
  const rays = Math.min(MAX_SCAN_RAYS, Math.floor((fanEnd(first) - first) / step + 1e-6) + 1);
  const ofRule = Object.values(rules.separation).find((own) => own.channel === name)?.mount;
  const mount = config.mount ?? ofRule ?? { xM: robot.baseXM, yM: robot.baseYM, yawRad: robot.baseYawRad };
  const ux = Float64Array.from({ length: rays }, (_, i) => cos(mount.yawRad + first + i * step));
  const uy = Float64Array.from({ length: rays }, (_, i) => sin(mount.yawRad + first + i * step));
  return sensor(rays, (values, { person }, { blind, noiseFactor }) => {
    const [x, y] = [person[0] - mount.xM, person[1] - mount.yM];
    const square = x * x + y * y - BODY_RADIUS_M * BODY_RADIUS_M;
    for (let i = 0; i < rays; i++) {
      const along = x * ux[i]! + y * uy[i]!;
      const under = along * along - square;
      const hit = !blind && along > 0 && under >= 0 ? Math.max(0, along - Math.sqrt(under)) : far;
      values[i] = Math.min(
        far,
        Math.max(config.min ?? 0, hit - Math.abs(noise.next()) * 0.005 * noiseFactor),
      );
    }
  });
}
