import { z } from "zod";
import type { Actuator, ChannelBinding, Door } from "../src/edge/ports/index.ts";
import { createSim, type Sim } from "./create-sim.ts";
import { STEP_US } from "../src/core/physics/index.ts";
import { SIM_CHANNELS } from "./scenario.ts";
import { isScenarioName } from "./scenarios/index.ts";
import { simActuator } from "./sim-actuator.ts";

/** Settings of the transport `sim`: the simulated cell that stands in for wires. */
export const simTransportSchema = z.strictObject({
  kind: z.literal("sim"),
  scenario: z
    .string()
    .min(1)
    .max(128)
    .refine(isScenarioName, "no such scenario; `cellgate sim list` names them")
    .default("walk-in")
    .describe("what happens; `cellgate sim list` names them"),
  operator: z.boolean().default(true).describe("true: a scripted operator resets and resumes"),
  // absent in the common case, and then no part of the hash
  world: z
    .literal("own")
    .optional()
    .describe("the deployment's own robot, mounts and zones; `cellgate run --simulate` writes it"),
  faults: z.array(z.string().max(128)).max(64).optional().describe("what goes wrong in the own world"),
  tour: z.boolean().optional().describe("own world; false: nobody walks or resets by themselves"),
  slows: z.record(z.string(), z.boolean()).optional().describe("own world: actuators that can slow"),
  moves: z.record(z.string(), z.boolean()).optional().describe("own world: actuators that move something"),
  planner: z.boolean().optional().describe("true: a planner proposes actions, and a shift lead answers"),
});
export type SimTransportConfig = z.infer<typeof simTransportSchema>;

/** A simulated cell on a node's virtual clock: its sensors feed the door, its arm obeys the actuator. */
export interface SimWorld {
  readonly sim: Sim;
  readonly stepUs: number;
  step(): void | Promise<void>;
  attach(door: Door, channels: readonly ChannelBinding[], epoch: number): void;
  actuator(name: string): Actuator;
}

export const createSimWorld = (config: SimTransportConfig, seed: number, obeys = true): SimWorld =>
  simWorldOf(createSim({ scenario: config.scenario, seed, obeys }), config.operator);

/** A node's world around any simulated cell; `operator`: the scripted operator acts. */
export function simWorldOf(sim: Sim, scripted: boolean): SimWorld {
  let door: Door | null = null;
  let epoch = 0;
  let act = 0;
  const indexOf = new Map<string, ChannelBinding>();

  const operator = (name: "reset" | "resume"): void => {
    const by = "scripted_operator" as Parameters<Door["operator"]>[0]["by"];
    const ask = (request: Parameters<Door["operator"]>[0]["act"]): unknown =>
      door?.operator({
        act: request,
        by,
        roles: ["reset", "resume"],
        requestId: `sim-${act++}`,
        reason: "scenario",
      });
    if (name === "resume") return void ask({ name: "resume" });
    ask({ name: "reset", level: 1, retained: false });
    ask({ name: "reset", level: 0, retained: false });
  };

  return {
    sim,
    stepUs: STEP_US,
    attach(toDoor, channels, runEpoch) {
      door = toDoor;
      epoch = runEpoch;
      for (const binding of channels)
        if ((SIM_CHANNELS as readonly string[]).includes(binding.config.address))
          indexOf.set(binding.config.address, binding);
    },
    step() {
      const moved = sim.step();
      return moved === undefined ? tell() : moved.then(tell);
    },
    actuator: (name) => simActuator(name, (message) => sim.command(message)),
  };
  function tell(): void {
    sim.readings((channel, values, count, stampUs, seq) => {
      const binding = indexOf.get(channel);
      if (binding !== undefined) door?.sample(binding.index, values, count, epoch + stampUs, seq);
    });
    sim.reports((report) => door?.actuator("arm", report.report, report.actionId, report.detail));
    if (scripted) sim.operator(operator);
  }
}
