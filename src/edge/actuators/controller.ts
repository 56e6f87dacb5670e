import { z } from "zod";
import { ACTUATOR_ASKED } from "../../core/domain/index.ts";
import { actuatorKind, actuatorShape } from "./actuator-kind.ts";

/** controller_manager_msgs/srv/SwitchController, as far as a stop needs it */
const SWITCH_CONTROLLER = "controller_manager_msgs/srv/SwitchController";
const BEST_EFFORT = 1;

/** Takes the motion controllers away from the robot: last of the chain, since a person has to activate them again. */
export const controller = actuatorKind(
  "controller",
  "deactivates the motion controllers (ros2_control)",
  z.strictObject({
    kind: z.literal("controller"),
    ...actuatorShape,
    asked: z
      .enum(ACTUATOR_ASKED)
      .default("in-turn")
      .describe("at-once: every stop takes the controllers away, and a person has to activate them again"),
    controllers: z
      .array(z.string().min(1).max(256))
      .min(1)
      .max(32)
      .describe("names of the controllers to deactivate"),
    timeoutMs: z
      .number()
      .min(1)
      .max(10_000)
      .default(100)
      .describe("how long the controller manager may take"),
  }),
  () => [],
  (name, { address, controllers, timeoutMs }, sender) => {
    const request = {
      activate_controllers: [],
      deactivate_controllers: controllers,
      strictness: BEST_EFFORT,
      activate_asap: false,
      timeout: { sec: Math.floor(timeoutMs / 1_000), nanosec: Math.round((timeoutMs % 1_000) * 1e6) },
    };
    return {
      name,
      moves: false,
      block: () =>
        sender.send(address, { kind: "publish", retain: false, body: { type: SWITCH_CONTROLLER, request } }),
      slow: () => false,
      heartbeat: () => false,
      permit: () => false,
      revoke: () => false,
    };
  },
);
