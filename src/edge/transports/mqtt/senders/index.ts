import { readFileSync } from "node:fs";
import { QUANTITIES, type Quantity } from "../../../../core/domain/index.ts";
import type { ChannelSender } from "../plan.ts";

/** Complete programs that send the readings of one channel, for those who have to write one. */
export const SENDER_LANGUAGES = ["python", "c", "arduino", "node-red", "structured-text"] as const;
export type SenderLanguage = (typeof SENDER_LANGUAGES)[number];

const TEMPLATES: Readonly<Record<SenderLanguage, string>> = {
  python: "sender.py",
  c: "sender.c",
  arduino: "sender.ino",
  "node-red": "sender.js.txt",
  "structured-text": "sender.st",
};
/** Where messages go: host, port and whether the connection is encrypted. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}
export function brokerAddress(url: string): BrokerAddress {
  const { hostname, port, protocol } = new URL(url);
  const tls = /^(mqtts|wss|ssl)/.test(protocol);
  return { host: hostname, port: port === "" ? (tls ? 8_883 : 1_883) : Number(port), tls };
}
/** The options of a mosquitto client for this broker. */
export const clientOptions = ({ host, port, tls }: BrokerAddress): string =>
  `-h ${host} -p ${port}${tls ? " --cafile ca.crt --cert sender.crt --key sender.key" : ""}`;

/** A reading that a healthy source could send, as JSON text. */
function exampleReading(quantity: Quantity, width: number): string {
  const several = (n: number, value: number): string => JSON.stringify(Array<number>(n).fill(value));
  switch (quantity) {
    case "estop":
    case "protectiveStop":
    case "safetyMode":
    case "grip":
    case "flag":
    case "heartbeat":
      return "1";
    case "estopDual":
      return "[1,1]";
    case "range":
      return "1.5";
    case "scalar":
      return "0";
    case "wrench":
      return "[0,0,5,0,0,0]";
    case "scan":
      return several(width > 0 ? width : 3, 2.5);
    default:
      return several(width > 0 ? width : 6, 0);
  }
}
/** An example of what the publisher sends, inside its own JSON where the channel's address names a field. */
export const exampleMessage = ({ quantity, width, field }: ChannelSender): string =>
  field.reduceRight((inner, name) => `{${JSON.stringify(name)}:${inner}}`, exampleReading(quantity, width));
/** What the numbers of a quantity mean, for whoever writes them. */
const meaningOf = (quantity: Quantity): string =>
  ({
    wrench: "fx fy fz in N, tx ty tz in Nm",
    range: "one distance in m",
    scan: "distances along the fan of rays in m",
    joints: "positions in rad, then speeds in rad/s, then torques in Nm, one of each for every joint",
    estop: "1 while it may run, 0 when pressed or the wire is broken",
    estopDual: "channel A and B, 1 or 0, as read",
    protectiveStop: "1 without, 0 with a protective stop",
    safetyMode: "the mode of the controller, 1 is normal",
    grip: "1 while the gripper holds a part, 0 without one",
    flag: "1 or 0",
    currents: "motor currents in A, one for every joint",
    jointErrors: "desired minus measured position in rad, one for every joint",
    twist: "linear x y z in m/s, angular x y z in rad/s",
    twistCommand: "asked for: linear x y z in m/s, angular x y z in rad/s; silence asks for nothing",
    jogCommand: "asked for: velocities in rad/s, one for every joint; silence asks for nothing",
    hidden: "the hidden state of a policy",
    heartbeat: "a counter that moves with every message",
    scalar: "one value",
  })[quantity];

const template = (name: string): string => readFileSync(new URL(`./${name}`, import.meta.url), "utf8");
/** Text that stands between double quotes of C, Python or JavaScript. */
const inQuotes = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');

/** A word of a command line, quoted where a shell would read more into it. */
export const shellWord = (text: string): string =>
  /^[\w./:@~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** Each message has to come twice within the time that its channel may be silent. */
const MESSAGES_PER_AGE = 3;
const periodMs = ({ maxAgeMs, minRateHz }: ChannelSender): number =>
  Math.max(1, Math.floor(Math.min(maxAgeMs / MESSAGES_PER_AGE, 1_000 / (minRateHz * 1.25))));

export function senderProgram(
  language: SenderLanguage,
  cell: string,
  sender: ChannelSender,
  broker: BrokerAddress,
): string {
  const reading = exampleMessage(sender);
  const words: Readonly<Record<string, string>> = {
    CELL: cell,
    CHANNEL: sender.name,
    TOPIC: inQuotes(sender.topic),
    TOPIC_WORD: shellWord(sender.topic),
    SOURCE: inQuotes(sender.protection?.source ?? sender.name),
    CONFIG: sender.protection?.configHash ?? "",
    PROTECTED: sender.protection === null ? "0" : "1",
    KEY_FILE: shellWord(sender.protection?.keyFile ?? "").replace("''", ""),
    CLIENT: clientOptions(broker),
    HOST: broker.host,
    PORT: String(broker.port),
    PERIOD_MS: String(periodMs(sender)),
    MEANING: `${meaningOf(sender.quantity)} (${QUANTITIES[sender.quantity].unit})`,
    EXAMPLE: inQuotes(reading),
    EXAMPLE_ST: reading,
  };
  const filled = template(TEMPLATES[language])
    .replace("@CORE@", () => template("check.c"))
    .replace(/@([A-Z_]+)@/g, (whole, name: string) => words[name] ?? whole)
    .replace(/[ \t]+$/gm, "");
  return language === "node-red" ? nodeRedFlow(filled, sender, broker) : filled;
}

/** A flow to import: a trigger with the measurement, the function, the topic and the broker. */
function nodeRedFlow(func: string, sender: ChannelSender, { host, port, tls }: BrokerAddress): string {
  const z = "cellgate-tab";
  const wired = (id: string, to: string | null, more: object): object => ({
    id: `cellgate-${id}`,
    z,
    wires: to === null ? [] : [[`cellgate-${to}`]],
    ...more,
  });
  const seconds = String(periodMs(sender) / 1_000);
  return JSON.stringify(
    [
      { id: z, type: "tab", label: `cellgate ${sender.name}` },
      wired("read", "wrap", {
        type: "inject",
        name: "put your measurement here",
        props: [{ p: "payload" }],
        payload: exampleMessage(sender),
        payloadType: "json",
        repeat: seconds,
        once: true,
      }),
      wired("wrap", "send", {
        type: "function",
        name: "envelope",
        func,
        outputs: 1,
        libs: [
          { var: "crypto", module: "crypto" },
          { var: "process", module: "process" },
        ],
      }),
      wired("send", null, {
        type: "mqtt out",
        topic: sender.topic,
        qos: "1",
        retain: "false",
        broker: "cellgate-broker",
      }),
      {
        id: "cellgate-broker",
        type: "mqtt-broker",
        broker: host,
        port: String(port),
        usetls: tls,
        protocolVersion: "5",
      },
    ],
    null,
    2,
  );
}
