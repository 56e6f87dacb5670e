import type { DeviceChannel, Device } from "../../edge/ports/index.ts";
import { DEVICES } from "../../../devices/index.ts";
import { UserError } from "../command.ts";

/** What a part of a cell is for. */
export const ROLES = ["ft", "near", "scan", "estop", "joints", "stop"] as const;
export type PartRole = (typeof ROLES)[number];
export const ROLE_WORDS: Readonly<Record<PartRole, string>> = {
  ft: "force/torque sensor",
  near: "range sensor that sees a person",
  scan: "laser scanner",
  estop: "emergency stop as a signal",
  joints: "joint positions and speeds",
  stop: "what stops the robot",
};
const QUANTITY: Readonly<Record<Exclude<PartRole, "stop">, string>> = {
  ft: "wrench",
  near: "range",
  scan: "scan",
  estop: "estop",
  joints: "joints",
};

export interface Fan {
  readonly angleMinRad: number;
  readonly angleStepRad: number;
  readonly maxM: number;
}
/** One part of the cell that is to be written: a channel, or the way out of a stop. */
export interface Part {
  readonly role: PartRole;
  /** settings of the transport that brings it; parts with the same `line` share it */
  readonly line: string;
  readonly transport: Readonly<Record<string, unknown>>;
  readonly address: string;
  readonly quantity: string;
  readonly maxAgeMs: number;
  readonly minRateHz: number;
  readonly min?: number;
  readonly max?: number;
  readonly stamped: boolean;
  readonly fan?: Fan;
  /** measured, or taken from the maker, for the comment */
  readonly from: string;
  /** settings that the way out needs at its transport, and the kind of actuator */
  readonly actuator?: string;
}

export const SPEC_WORDS =
  "serial:PORT[,device], modbus:PORT[,bit], udp:HOST[:PORT],device, tcp:HOST[:PORT],device, dds:/topic[@domain], mqtt://HOST:PORT/topic";

/** A part as `--ft serial:/dev/ttyUSB0` names it; "ask": the device has to be found by listening. */
export type Spec =
  | { readonly kind: "serial" | "udp" | "tcp"; readonly place: string; readonly device: string | null }
  | { readonly kind: "modbus"; readonly place: string; readonly bit: number }
  | { readonly kind: "dds"; readonly topic: string; readonly domain: number }
  | { readonly kind: "mqtt"; readonly url: string; readonly topic: string };

export function readSpec(text: string, role: PartRole): Spec {
  const wrong = (what: string): never => {
    throw new UserError(`--${role} ${text}: ${what}`, `write ${SPEC_WORDS}`);
  };
  const broker = /^(mqtts?:\/\/[^/\s]+)\/([^\s+#]+)$/.exec(text);
  if (broker !== null) return { kind: "mqtt", url: broker[1]!, topic: broker[2]! };
  const [, kind = "", rest = ""] = /^([a-z]+):(.+)$/.exec(text) ?? [];
  const [place = "", more] = rest.split(",");
  if (kind === "serial" || kind === "udp" || kind === "tcp") return { kind, place, device: more ?? null };
  if (kind === "modbus") {
    const bit = more === undefined ? 0 : Number(more);
    return Number.isInteger(bit) && bit >= 0 && bit <= 65_535
      ? { kind, place, bit }
      : wrong("the bit is a whole number from 0");
  }
  if (kind === "dds") {
    const [topic = "", domain = "0"] = rest.split("@");
    return { kind, topic: topic.startsWith("/") ? topic : `/${topic}`, domain: Number(domain) };
  }
  return wrong("is no source");
}

export const deviceNamed = (name: string, role: PartRole): Device =>
  DEVICES.find((device) => device.name === name) ??
  (() => {
    throw new UserError(
      `--${role}: no device is called "${name}"`,
      `cellgate devices list: ${DEVICES.map((device) => device.name).join(", ")}`,
    );
  })();

const RATE_SHARE = 0.5;
const WIDE = 1e6;

/** A channel that a device brings, with the figures of its maker. */
export function partOfDevice(role: PartRole, device: Device, place: string, settings: object = {}): Part {
  const parsed = device.settings.safeParse(settings);
  const session = parsed.success
    ? device.open(parsed.data)
    : device.open(device.settings.parse(device.probeSettings));
  const channel = session.channels.find((c) => c.quantity === QUANTITY[role as Exclude<PartRole, "stop">]);
  if (channel === undefined)
    throw new UserError(
      `${device.title} is no ${ROLE_WORDS[role]}: it brings ${session.channels.map((c) => c.quantity).join(", ")}`,
      "give it to the option that fits",
    );
  const [host, port] = place.split(":");
  return {
    role,
    line: `${device.link}:${place}`,
    transport: {
      kind: device.link,
      ...(device.link === "serial"
        ? { path: place }
        : { host, ...(port !== undefined && { port: Number(port) }) }),
      device: device.name,
      ...(Object.keys(settings).length > 0 && { deviceSettings: settings }),
      ...(!parsed.success && { deviceSettings: device.probeSettings }),
    },
    address: channel.name,
    quantity: channel.quantity,
    maxAgeMs: device.silenceMs,
    minRateHz: Number((device.rateHz * RATE_SHARE).toPrecision(3)),
    ...rangeOf(channel),
    stamped: false,
    from: `${device.title}: ${device.rateHz} readings a second, dead after ${device.silenceMs} ms`,
  };
}
function rangeOf({ limits }: DeviceChannel): { min?: number; max?: number } {
  const low = Math.min(...limits.map(([min]) => min));
  const high = Math.max(...limits.map(([, max]) => max));
  return Math.max(Math.abs(low), Math.abs(high)) < WIDE ? { min: low, max: high } : {};
}
