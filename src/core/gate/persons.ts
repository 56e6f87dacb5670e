import { cos, sin } from "../base/math.ts";
import {
  type ChannelConfig,
  type Deployment,
  type GateConfig,
  MAX_PERSONS,
  type RobotConfig,
} from "../domain/index.ts";
import type { Person } from "./sight.ts";

export type PersonSetting = Pick<Deployment, "channels" | "robot" | "gate" | "rules">;
/** Where a scanner stands in the cell's frame, and where its angle 0 looks. */
export interface ScanPlace {
  readonly xM: number;
  readonly yM: number;
  readonly yawRad: number;
}

/** As the channel says, or a separation rule on it; a scanner without a place stands at the robot's base. */
export function scanPlace(channel: string, { channels, rules, robot }: PersonSetting): ScanPlace {
  const rule = Object.values(rules.separation).find((r) => r.channel === channel && r.mount !== undefined);
  return (
    channels[channel]?.mount ??
    rule?.mount ?? { xM: robot.baseXM, yM: robot.baseYM, yawRad: robot.baseYawRad }
  );
}

/** Channels that look at something else than people are left out by name. */
export const seesPeople = (channel: string, gate: GateConfig): boolean =>
  gate.person.channels.length === 0 || gate.person.channels.includes(channel);

/** of a sight no more is looked at than this */
interface Looked {
  readonly channels: readonly { readonly name: string; readonly values: ArrayLike<number> }[];
}
/**
 * Everything the range and scan channels see is taken for a person: the gate does not guess what it is.
 * A scan gives its nearest ray in each of a few sectors, so that one wall does not hide another person.
 */
export function personsOf(sight: Looked, setting: PersonSetting): readonly Person[] {
  const { channels, robot, gate } = setting;
  const persons: Person[] = [];
  for (const channel of sight.channels) {
    const config = channels[channel.name];
    if (!seesPeople(channel.name, gate)) continue;
    if (config?.quantity === "range")
      persons.push({ kind: "blind", distanceM: Math.max(0, channel.values[0] ?? 0) });
    if (config?.quantity === "scan")
      persons.push(...inScan(channel.values, config, scanPlace(channel.name, setting)));
  }
  return persons.sort((a, b) => nearness(a, robot) - nearness(b, robot)).slice(0, MAX_PERSONS);
}

const nearness = (person: Person, robot: RobotConfig): number =>
  person.kind === "blind"
    ? person.distanceM
    : floorDistance(person.xM - robot.baseXM, person.yM - robot.baseYM);
const floorDistance = (x: number, y: number): number => Math.sqrt(x * x + y * y);

const SECTORS = 4;

function inScan(values: ArrayLike<number>, config: ChannelConfig, place: ScanPlace): Person[] {
  const persons: Person[] = [];
  const size = Math.ceil(values.length / SECTORS);
  for (let from = 0; from < values.length; from += size) {
    let nearest = from;
    for (let i = from; i < Math.min(values.length, from + size); i++)
      if (values[i]! < values[nearest]!) nearest = i;
    const person = rayEnd(nearest, values[nearest]!, config, place);
    if (person !== null) persons.push(person);
  }
  return persons;
}

/** The place that one ray of a scan met; null: it met nothing. */
export function rayEnd(
  ray: number,
  distanceM: number,
  config: ChannelConfig,
  place: ScanPlace,
): Extract<Person, { kind: "point" }> | null {
  const distance = Math.max(0, distanceM);
  if (config.max !== undefined && distance >= config.max) return null;
  const angle = place.yawRad + (config.angleMinRad ?? 0) + ray * (config.angleStepRad ?? 0);
  return {
    kind: "point",
    xM: place.xM + distance * cos(angle),
    yM: place.yM + distance * sin(angle),
  };
}
