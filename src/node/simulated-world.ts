import {
  createSimWorld,
  OwnWorld,
  readCellFault,
  type SimWorld,
  simTransportSchema,
} from "../../sim/index.ts";
import { UserError } from "../core/base/user-error.ts";
import { createKinematics } from "../core/robot/index.ts";
import { DemoPlanner } from "./demo-planner.ts";
import type { GoodConfig } from "./deployment/index.ts";

/** What a node in simulated time needs of its world. */
export type SimulatedWorld = Pick<SimWorld, "stepUs" | "step" | "attach" | "actuator"> & {
  /** set when it is the deployment's own cell that is simulated */
  readonly own?: OwnWorld;
  /** proposes in the demonstration once it knows the node */
  readonly planner?: DemoPlanner;
};
interface Wanted {
  readonly config: GoodConfig;
  readonly seed: number;
  readonly obeys?: boolean;
}

/** The world of a deployment that names a simulated one; null: its wires are real. */
export function simulatedWorld(
  { config, seed, obeys }: Wanted,
  urdf: string | undefined,
): SimulatedWorld | null {
  const { deployment } = config;
  const entry = Object.values(deployment.transports).find((t) => t.kind === "sim");
  if (entry === undefined) return null;
  const settings = simTransportSchema.parse(entry);
  if (settings.world === undefined) {
    const world = createSimWorld(settings, seed, obeys ?? true);
    return settings.planner === true ? withPlanner(world) : world;
  }
  const { faults = [], tour = true, slows = {}, moves = {} } = settings;
  const own = new OwnWorld({
    deployment,
    kinematics: createKinematics(deployment.robot, urdf),
    seed,
    tour,
    faults: faults.map((text) => {
      const fault = readCellFault(text, deployment);
      if (typeof fault === "string") throw new UserError(fault, "correct --fault");
      return fault;
    }),
    actuators: Object.fromEntries(
      Object.keys(deployment.actuators).map((name) => [
        name,
        { slows: slows[name] ?? true, moves: moves[name] ?? true },
      ]),
    ),
  });
  return {
    own,
    stepUs: own.stepUs,
    step: () => own.step(),
    attach: (door, channels, epoch) => own.attach(door, channels, epoch),
    actuator: (name) => own.actuator(name),
  };
}

function withPlanner(world: SimWorld): SimulatedWorld {
  const planner = new DemoPlanner();
  return {
    ...world,
    planner,
    step() {
      const moved = world.step();
      if (moved !== undefined) return moved.then(() => planner.step(world.sim.now));
      planner.step(world.sim.now);
    },
  };
}
