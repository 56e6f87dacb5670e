import { connectAsync } from "mqtt";
import { DEVICES } from "../../../devices/index.ts";
import { ddsSettingsSchema, type HeardTopic, lookAtDds } from "../../edge/transports/dds/index.ts";
import type { Inspection } from "../../lab/replay/index.ts";
import { recognise } from "../devices.ts";
import { UserError } from "../command.ts";
import { deviceNamed, type Part, partOfDevice, type PartRole, readSpec, type Spec } from "./part.ts";

const LISTEN_S = 1.5;
const GRAPH_S = 3;
const BROKER_MS = 2_000;
const AGE_FACTOR = 3;
const RATE_SHARE = 0.5;
const DDS_RATE = { ft: 100, near: 20, scan: 10, estop: 10, joints: 100 } as const;
const ROLE_OF: Readonly<Record<string, PartRole>> = {
  wrench: "ft",
  range: "near",
  scan: "scan",
  estop: "estop",
  joints: "joints",
};

/** A part as a person names it, listened to where its figures are not known otherwise. */
export async function partOf(role: PartRole, text: string, say: (line: string) => void): Promise<Part> {
  const spec = readSpec(text, role);
  if (role === "stop") return stopOf(spec, text);
  if (spec.kind === "modbus") return relayInput(spec.place, spec.bit);
  if (spec.kind === "dds")
    return ofDds(role, await ddsTopic(spec.topic, spec.domain, role, say), spec.domain);
  if (spec.kind === "mqtt") return ofMqtt(role, spec.url, spec.topic);
  if (spec.device !== null) return partOfDevice(role, deviceNamed(spec.device, role), spec.place);
  say(`listening on ${spec.place} …`);
  const at =
    spec.kind === "serial" ? { port: spec.place, host: undefined } : { port: undefined, host: spec.place };
  const { best } = await recognise({ ...at, baud: undefined }, undefined, LISTEN_S, say);
  const usable = best ?? null;
  if (usable === null)
    throw new UserError(
      `nothing that this node knows speaks on ${spec.place}`,
      `name the device: --${role} ${spec.kind}:${spec.place},DEVICE; there are ${DEVICES.map((d) => d.name).join(", ")}`,
    );
  say(`${spec.place}: ${deviceNamed(usable, role).title}`);
  return partOfDevice(role, deviceNamed(usable, role), spec.place);
}

/** A contact at a Modbus module beside the safety relay. */
function relayInput(place: string, bit: number): Part {
  const device = deviceNamed("modbus_safety_relay", "estop");
  return {
    ...partOfDevice("estop", device, place, {
      inputs: [{ name: bit === 0 ? "estop" : `estop_${bit}`, quantity: "estop", bit }],
    }),
    from: `input ${bit} of the Modbus module: closed while all is well`,
  };
}

function stopOf(spec: Spec, text: string): Part {
  const common = {
    role: "stop" as const,
    quantity: "",
    maxAgeMs: 0,
    minRateHz: 0,
    stamped: true,
    from: text,
  };
  if (spec.kind === "modbus")
    return {
      ...common,
      line: `serial:${spec.place}`,
      transport: { kind: "serial", path: spec.place, device: "modbus_safety_relay" },
      address: `coil:${spec.bit}`,
      actuator: "relay",
    };
  if (spec.kind === "dds")
    return {
      ...common,
      line: `dds:${spec.domain}`,
      transport: {
        kind: "dds",
        domainId: spec.domain,
        network: "lo",
        out: { [spec.topic]: { message: "std_msgs/Bool" } },
      },
      address: spec.topic,
      actuator: "bool",
    };
  if (spec.kind === "mqtt")
    return {
      ...common,
      line: spec.url,
      transport: broker(spec.url),
      address: spec.topic,
      actuator: "command",
    };
  throw new UserError(
    `--stop ${text}: a ${spec.kind} device cannot carry a stop`,
    "give modbus:PORT[,coil], dds:/topic or mqtt://HOST:PORT/topic",
  );
}

async function ddsTopic(
  name: string,
  domain: number,
  role: PartRole,
  say: (line: string) => void,
): Promise<HeardTopic> {
  say(`looking for ${name} in domain ${domain} …`);
  const found = (await hearDds(domain)).find((topic) => topic.name === name);
  if (found !== undefined) return found;
  if (role === "scan")
    throw new UserError(
      `--scan dds:${name}: nobody publishes it, and a scanner's angles are read off its first message`,
      "switch the scanner's driver on (ROS_DOMAIN_ID, same machine or network), and repeat",
    );
  return { name, type: "", quantities: [], rateHz: 0, fan: null, jointNames: [] };
}
export async function hearDds(domain: number): Promise<readonly HeardTopic[]> {
  const heard = await lookAtDds(ddsSettingsSchema.parse({ kind: "dds", domainId: domain }), GRAPH_S);
  if (!heard.ok) throw new UserError(`DDS: ${heard.error}`, "cellgate doctor");
  return heard.value;
}

export function ofDds(role: PartRole, topic: HeardTopic, domain: number): Part {
  const usual = DDS_RATE[role as keyof typeof DDS_RATE];
  const measured = topic.rateHz > 1;
  const rate = measured ? topic.rateHz : usual;
  const quantity = Object.entries(ROLE_OF).find(([, known]) => known === role)?.[0] ?? "scalar";
  const stamped = topic.type === "" || /Stamped$|LaserScan$|Range$|JointState$|Odometry$/.test(topic.type);
  return {
    role,
    line: `dds:${domain}`,
    transport: { kind: "dds", domainId: domain, network: "lo" },
    address: topic.name,
    quantity,
    maxAgeMs: Math.ceil(Math.max(20, (AGE_FACTOR * 1_000) / rate)),
    minRateHz: Number((rate * RATE_SHARE).toPrecision(3)),
    ...(topic.fan !== null && { min: 0, max: Number(topic.fan.maxM.toFixed(3)), fan: topic.fan }),
    stamped,
    from: measured
      ? `${topic.type} on ${topic.name}, ${rate.toFixed(1)} Hz measured`
      : `${topic.name} was not heard: ${usual} Hz is a guess, CHECK`,
  };
}

const broker = (url: string): Record<string, unknown> => ({ kind: "mqtt", url, base: "plant/area/line" });
function ofMqtt(role: PartRole, url: string, topic: string): Part {
  const quantity = Object.entries(ROLE_OF).find(([, known]) => known === role)?.[0] ?? "scalar";
  return {
    role,
    line: url,
    transport: {
      ...broker(url),
      ...(role === "estop" && {
        unprotected: { estop: "written by init: give a real panel an envelope (protected), see the README" },
      }),
    },
    address: topic,
    quantity,
    maxAgeMs: 300,
    minRateHz: 5,
    stamped: false,
    from: `${topic} at ${url}: 10 Hz is a guess, CHECK`,
  };
}

/** Topics that a broker carries now, by what their messages look like. */
export async function hearMqtt(url: string): Promise<{ readonly topic: string; readonly sample: string }[]> {
  const client = await connectAsync(url, { reconnectPeriod: 0, connectTimeout: 3_000 }).catch(
    (cause: Error) => {
      throw new UserError(
        `${url}: ${cause.message === "" ? "no broker answers" : cause.message}`,
        "check the address",
      );
    },
  );
  const heard = new Map<string, string>();
  client.on("message", (topic, payload) => {
    if (heard.size < 500) heard.set(topic, payload.subarray(0, 60).toString("utf8"));
  });
  await client.subscribeAsync("#");
  await new Promise((resolve) => setTimeout(resolve, BROKER_MS));
  await client.endAsync(true);
  return [...heard].map(([topic, sample]) => ({ topic, sample }));
}

/** What a recording shows of the cell: its topics, measured. */
export function partsOfBag({ topics }: Inspection): Part[] {
  return topics.flatMap((topic) => {
    const role = ROLE_OF[topic.quantities[0] ?? ""];
    if (role === undefined || role === "stop" || topic.messages < 2) return [];
    if (role === "scan" && topic.fan === null) return [];
    if (role === "estop" && !/e[-_]?stop|emergency/i.test(topic.name)) return [];
    return [
      ofDds(
        role,
        {
          name: topic.name,
          type: topic.type,
          quantities: [],
          rateHz: topic.rateHz ?? 0,
          jointNames: topic.jointNames,
          fan: topic.fan === null ? null : { ...topic.fan, maxM: topic.values?.largest ?? 30 },
        },
        0,
      ),
    ];
  });
}
export const roleOf = (quantity: string): PartRole | null => ROLE_OF[quantity] ?? null;
