import { cos, sin } from "../base/math.ts";
import {
  type ChannelConfig,
  type Deployment,
  type GateConfig,
  MAX_PERSONS,
  type RobotConfig,
} from "../domain/index.ts";
import type { Person, Sight } from "./sight.ts";

export type PersonSetting = Pick<Deployment, "channels" | "robot" | "gate">;

/** Channels that look at something else than people are left out by name. */
export const seesPeople = (channel: string, gate: GateConfig): boolean =>
  gate.person.channels.length === 0 || gate.person.channels.includes(channel);

/**
 * Everything the range and scan channels see is taken for a person: the gate does not guess what it is.
 * A scan gives its nearest ray in each of a few sectors, so that one wall does not hide another person.
 */
export function personsOf(sight: Sight, { channels, robot, gate }: PersonSetting): readonly Person[] {
  const persons: Person[] = [];
  for (const channel of sight.channels) {
    const config = channels[channel.name];
    if (!seesPeople(channel.name, gate)) continue;
    if (config?.quantity === "range")
      persons.push({ kind: "blind", distanceM: Math.max(0, channel.values[0] ?? 0) });
    if (config?.quantity === "scan") persons.push(...inScan(channel.values, config, robot));
  }
  return persons.sort((a, b) => nearness(a, robot) - nearness(b, robot)).slice(0, MAX_PERSONS);
}

const nearness = (person: Person, robot: RobotConfig): number =>
  person.kind === "blind"
    ? person.distanceM
    : floorDistance(person.xM - robot.baseXM, person.yM - robot.baseYM);
const floorDistance = (x: number, y: number): number => Math.sqrt(x * x + y * y);

const SECTORS = 4;

function inScan(values: readonly number[], config: ChannelConfig, robot: RobotConfig): Person[] {
  const persons: Person[] = [];
  const size = Math.ceil(values.length / SECTORS);
  for (let from = 0; from < values.length; from += size) {
    let nearest = from;
    for (let i = from; i < Math.min(values.length, from + size); i++)
      if (values[i]! < values[nearest]!) nearest = i;
    const person = rayEnd(nearest, values[nearest]!, config, robot);
    if (person !== null) persons.push(person);
  }
  return persons;
}

/** The place that one ray of a scan met; null: it met nothing. */
export function rayEnd(
  ray: number,
  distanceM: number,
  config: ChannelConfig,
  robot: RobotConfig,
): Extract<Person, { kind: "point" }> | null {
  const distance = Math.max(0, distanceM);
  if (config.max !== undefined && distance >= config.max) return null;
  const angle = robot.baseYawRad + (config.angleMinRad ?? 0) + ray * (config.angleStepRad ?? 0);
  return {
    kind: "point",
    xM: robot.baseXM + distance * cos(angle),
    yM: robot.baseYM + distance * sin(angle),
  };
}
