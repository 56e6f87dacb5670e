import { ROBOT_FACTORY, SIM_CHANNELS, type SimChannel } from "../../../sim/index.ts";
import { assert } from "../../core/base/assert.ts";
import type { Actuator } from "../../edge/ports/index.ts";
import type { Deployment, PermitEffect, Quantity } from "../../core/domain/index.ts";

type Channel = Deployment["channels"][string];
/** What the battery's cell measures, how often, and how old a reading may get there. */
const SIMULATED: Readonly<Record<SimChannel, { quantity: Quantity; rateHz: number; ageMs: number }>> = {
  wrist_ft: { quantity: "wrench", rateHz: 500, ageMs: 20 },
  tool_prox: { quantity: "range", rateHz: 100, ageMs: 50 },
  base_scan: { quantity: "scan", rateHz: 20, ageMs: 150 },
  joint_states: { quantity: "joints", rateHz: 100, ageMs: 50 },
  estop: { quantity: "estopDual", rateHz: 50, ageMs: 100 },
  cell_heartbeat: { quantity: "heartbeat", rateHz: 10, ageMs: 300 },
};
const JOINTS = ROBOT_FACTORY.arm.joints.map((joint) => joint.name);

/** Which channel of the cell each simulated one feeds: the one of that address, else the first of its quantity. */
export function mappedChannels({ channels }: Deployment): ReadonlyMap<string, SimChannel> {
  const map = new Map<string, SimChannel>();
  const entries = Object.entries(channels);
  for (const sim of SIM_CHANNELS) {
    const found =
      entries.find(([, c]) => c.address === sim && c.quantity === SIMULATED[sim].quantity) ??
      entries.find(([name, c]) => c.quantity === SIMULATED[sim].quantity && !map.has(name));
    if (found !== undefined) map.set(found[0], sim);
  }
  return map;
}

/** Why the battery can tell nothing of this cell; null: it can. Recordings of the field still can. */
export const unfitForBattery = ({ robot }: Deployment): string | null =>
  robot.joints.length === JOINTS.length
    ? null
    : `the battery's arm has ${JOINTS.length} joints, this cell's has ${robot.joints.length}`;

/**
 * The cell as the battery can run it: its own rules, robot and gate, fed by the simulated sensors in the
 * place of its own. A channel that the battery does not simulate is switched off on both sides alike.
 */
export function batteryCell(deployment: Deployment): Deployment {
  assert(
    unfitForBattery(deployment) === null,
    "only a cell with an arm like the battery's is measured in it",
  );
  const map = mappedChannels(deployment);
  const channels = Object.fromEntries(
    Object.entries(deployment.channels).map(([name, channel]): [string, Channel] => {
      const sim = map.get(name);
      return [name, sim === undefined ? switchedOff(channel) : fedBy(channel, sim)];
    }),
  );
  return { ...deployment, channels };
}

function fedBy(channel: Channel, sim: SimChannel): Channel {
  const { rateHz, ageMs } = SIMULATED[sim];
  const { angleMinRad, angleStepRad } = ROBOT_FACTORY.sensors.scan;
  const { publisher: _, device: _device, ...kept } = channel;
  return {
    ...kept,
    address: sim,
    minRateHz: Math.min(channel.minRateHz, rateHz),
    maxAgeMs: Math.max(channel.maxAgeMs, ageMs),
    declaredConstant: channel.declaredConstant || sim === "estop" || sim === "cell_heartbeat",
    ...(sim === "base_scan" && { angleMinRad, angleStepRad }),
  };
}
const switchedOff = (channel: Channel): Channel => ({
  ...channel,
  required: false,
  monitored: false,
  because: "the battery does not simulate it",
});

/** The simulated arm calls its joints by its own names; a permitted action is told to it in these. */
export function inSimulatedNames(actuator: Actuator, own: readonly string[]): Actuator {
  const named = (effect: PermitEffect): PermitEffect => {
    const action = effect.action as { verb?: string; args?: { joint_names?: readonly string[] } };
    const names = action.verb === "trajectory" ? action.args?.joint_names : undefined;
    if (names === undefined) return effect;
    const joint_names = names.map((name) => JOINTS[own.indexOf(name)] ?? name);
    return { ...effect, action: { ...action, args: { ...action.args, joint_names } } };
  };
  return { ...actuator, permit: (effect, now) => actuator.permit(named(effect), now) };
}
