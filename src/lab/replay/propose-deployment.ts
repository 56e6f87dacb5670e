import { basename } from "node:path";
import { MAX_CHANNELS, MAX_JOINTS, type Quantity } from "../../core/domain/index.ts";
import type { Inspection, TopicFacts } from "./inspect-bag.ts";

/** Room over what was measured, so that the usual jitter of the recording is no fault. */
const AGE_FACTOR = 3;
const RATE_SHARE = 0.5;
const MIN_AGE_MS = 20;
const MAX_AGE_MS = 60_000;
const FROZEN_MS = 500;
/** sources that are meant to repeat a value */
const CONSTANT: ReadonlySet<string> = new Set([
  "estop",
  "estopDual",
  "protectiveStop",
  "grip",
  "flag",
  "safetyMode",
  "heartbeat",
]);

/**
 * A deployment file for one bag: channels, rates and joints as measured, limits to be filled in. It loads as
 * it is; what a person has to decide carries the mark CHECK.
 */
export function proposeDeployment(inspection: Inspection): string {
  const channels = chosen(inspection.topics);
  const joints =
    inspection.topics.find((t) => t.jointNames.length > 0)?.jointNames.slice(0, MAX_JOINTS) ?? [];
  const lines = [
    `# Proposed by \`cellgate inspect\` from ${basename(inspection.bag)}. Rates, ages and names are measured;`,
    "# every line marked CHECK is a guess that a person has to replace before this guards anything.",
    "cellgate: 1",
    "cell: replayed_cell",
    "",
    ...robotLines(joints),
    "",
    "transports:",
    "  ros: { kind: dds }",
    "",
    ...(channels.length > 0 ? ["channels:", ...channels.flatMap(channelLines)] : NO_CHANNELS),
    "",
    "rules:",
    ...ruleLines(channels),
    "",
    "actuators:",
    "  # CHECK: what stops this robot",
    "  arm: { kind: bool, transport: ros, address: /cellgate/motion_enable, confirmMs: 500 }",
    "",
    "operators:",
    "  - { name: engineer, roles: [reset, resume, acknowledge, kill, approve] }",
  ];
  return `${lines.join("\n")}\n`;
}
const NO_CHANNELS = [
  "# CHECK: no topic of the bag holds numbers that the node reads; nothing can be judged with this",
  "channels: {}",
];
interface Chosen {
  readonly name: string;
  readonly topic: TopicFacts;
  readonly quantity: Quantity;
  /** one number inside the message, null: the message as a whole */
  readonly field: string | null;
}
/** what a recorder and the middleware add by themselves */
const PLUMBING =
  /^\/?(rosout|parameter_events|clock|tf|tf_static|events\/.*|.*\/_service_event|.*\/_action\/.*)$/;
/** fields of a message that no quantity fits; more would bury the others */
const MAX_FIELDS_PER_TOPIC = 3;
const MAX_PROPOSED_FIELDS = 24;
/** Everything the node can read without a hint; a type that fits many quantities is guessed by its topic's name. */
function chosen(topics: readonly TopicFacts[]): Chosen[] {
  const wanted: Omit<Chosen, "name">[] = [];
  for (const topic of topics) {
    if (topic.messages < 2) continue;
    const quantity = topic.quantities.length === 0 ? null : guess(topic);
    if (quantity !== null) wanted.push({ topic, quantity, field: null });
  }
  // a foreign recording may hold nothing that the node knows: then its numbers are at least drawn
  if (wanted.length === 0)
    for (const topic of topics)
      if (topic.messages >= 2 && topic.encoding === "cdr" && !PLUMBING.test(topic.name))
        for (const field of topic.fields
          .filter((f) => !f.startsWith("header."))
          .slice(0, MAX_FIELDS_PER_TOPIC))
          if (wanted.length < MAX_PROPOSED_FIELDS) wanted.push({ topic, quantity: "scalar", field });
  return named(wanted.slice(0, MAX_CHANNELS));
}
function named(wanted: readonly Omit<Chosen, "name">[]): Chosen[] {
  const taken = new Set<string>();
  return wanted.map((part) => {
    const stem = channelName(part.field === null ? part.topic.name : `${part.topic.name}_${part.field}`);
    let name = stem;
    for (let i = 2; taken.has(name); i++) name = `${stem.slice(0, 58)}_${i}`;
    taken.add(name);
    return { ...part, name };
  });
}
function guess({ name, quantities }: TopicFacts): Quantity | null {
  const can = (quantity: Quantity): boolean => quantities.includes(quantity);
  const says = (pattern: RegExp): boolean => pattern.test(name);
  if (can("estopDual") && says(/e[-_]?stop|emergency/i)) return "estopDual";
  if (can("estop") && says(/e[-_]?stop|emergency/i)) return "estop";
  if (can("safetyMode") && says(/safety_?mode/i)) return "safetyMode";
  if (can("protectiveStop") && says(/protective/i)) return "protectiveStop";
  if (can("heartbeat") && says(/heart|alive|counter/i)) return "heartbeat";
  if (can("range") && says(/range|dist|prox/i)) return "range";
  if (can("currents") && says(/current/i)) return "currents";
  const plain: readonly Quantity[] = ["wrench", "scan", "joints", "range", "twist", "safetyMode"];
  const sure = plain.find((quantity) => quantities[0] === quantity);
  if (sure !== undefined) return sure;
  return can("scalar") ? "scalar" : can("flag") ? "flag" : null;
}
const channelName = (topic: string): string => {
  const name = topic
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[_0-9]+|_+$/g, "")
    .slice(0, 60);
  return name === "" ? "channel" : name;
};

function channelLines({ name, topic, quantity, field }: Chosen): string[] {
  const rate = topic.rateHz ?? 1;
  const age = Math.ceil(Math.min(MAX_AGE_MS, Math.max(MIN_AGE_MS, (AGE_FACTOR * 1_000) / rate)));
  const constant = CONSTANT.has(quantity) || topic.frozenUs > FROZEN_MS * 1_000;
  const lines = [
    `  ${name}:`,
    `    quantity: ${quantity}`,
    "    transport: ros",
    `    address: ${JSON.stringify(field === null ? topic.name : `${topic.name}.${field}`)}${field === null ? "" : "  # CHECK: one field; a live cell needs it as a message of its own"}`,
    `    device: ${topic.type}`,
    `    maxAgeMs: ${age}  # ${rate.toFixed(1)} Hz measured, longest silence ${(topic.longestGapUs / 1_000).toFixed(0)} ms`,
    `    minRateHz: ${Math.max(0.01, Number((rate * RATE_SHARE).toPrecision(3)))}`,
  ];
  if (constant)
    lines.push(
      `    declaredConstant: true${CONSTANT.has(quantity) ? "" : `  # CHECK: it stood still for ${(topic.frozenUs / 1e6).toFixed(1)} s`}`,
    );
  if (!topic.stamped) lines.push("    stamped: false");
  if (quantity === "scan" && topic.fan !== null)
    lines.push(`    angleMinRad: ${topic.fan.angleMinRad}`, `    angleStepRad: ${topic.fan.angleStepRad}`);
  if (quantity === "scalar" || quantity === "flag" || quantity === "twist") lines.push("    required: false");
  return lines;
}

function robotLines(joints: readonly string[]): string[] {
  const names = joints.length > 0 ? joints : ["joint_1"];
  return [
    "robot:",
    "  name: robot",
    "  massMovingKg: 20  # CHECK",
    "  payloadKg: 2  # CHECK",
    "  stopTimeMs: 500  # CHECK: measured, worst case",
    "  stopDistanceM: 0.3  # CHECK: measured, worst case",
    "  maxToolSpeedMPerS: 1  # CHECK",
    "  positionUncertaintyM: 0.01  # CHECK",
    joints.length > 0
      ? "  joints:  # CHECK: limits of the real axes"
      : "  joints:  # CHECK: the bag holds no joint states",
    ...names.map(
      (name) =>
        `    - { name: ${JSON.stringify(name)}, minRad: -6.3, maxRad: 6.3, maxRadPerS: 3.2, maxRadPerS2: 40 }`,
    ),
    "  kinematics:",
    "    dh:  # CHECK: or `urdf:` and `tip:`",
    ...names.map(() => "      - { aM: 0, alphaRad: 0, dM: 0.1 }"),
  ];
}
/** Twice the largest force, half the smallest distance: far from what the recording shows, so that the first replay is quiet. */
function ruleLines(channels: readonly Chosen[]): string[] {
  const force = channels.filter((c) => c.quantity === "wrench");
  const near = channels.filter((c) => c.quantity === "range");
  const scans = channels.filter((c) => c.quantity === "scan");
  const lines: string[] = [];
  const largest = (c: Chosen): number =>
    Math.max(
      20,
      Math.ceil(
        2 * Math.max(Math.abs(c.topic.values?.largest ?? 0), Math.abs(c.topic.values?.smallest ?? 0)),
      ),
    );
  const nearest = (c: Chosen): number =>
    Math.max(0.05, Number(((c.topic.values?.smallest ?? 0.4) / 2).toPrecision(2)));
  if (force.length > 0)
    lines.push(
      "  force:",
      ...force.map((c) => `    ${c.name}: { channel: ${c.name}, maxForceN: ${largest(c)} }  # CHECK`),
    );
  if (near.length > 0)
    lines.push(
      "  proximity:",
      ...near.map((c) => `    ${c.name}: { channel: ${c.name}, minM: ${nearest(c)} }  # CHECK`),
    );
  if (scans.length > 0)
    lines.push(
      "  zones:",
      ...scans.map(
        (c) => `    ${c.name}: { channel: ${c.name}, action: stop, withinM: ${nearest(c)} }  # CHECK`,
      ),
    );
  return lines.length === 0 ? ["  {}"] : lines;
}
