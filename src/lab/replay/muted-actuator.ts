import type { Actuator } from "../../edge/ports/index.ts";

/**
 * What a replay has in the place of actuators: nothing that could reach one. It holds no transport, opens
 * nothing and takes every command, since there is nothing to hand it to.
 */
export const mutedActuator = (name: string): Actuator => ({
  name,
  moves: true,
  block: () => true,
  slow: () => true,
  heartbeat: () => true,
  permit: (effect, nowUs) => effect.expires > nowUs,
  revoke: () => true,
});
