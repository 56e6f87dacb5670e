import { fileURLToPath } from "node:url";
import { relative, dirname } from "node:path";
import { stringify } from "yaml";
import type { Part } from "./part.ts";

const SCHEMA = fileURLToPath(new URL("../../../launch/deployment.schema.json", import.meta.url));
const STOP_CONFIRM_MS = 1_000;
const NEAR_STOP_M = 0.5;
const SLOW_M = 1.5;
const STOP_M = 0.8;
/** force at which most arms stop by themselves; contact limits of people come from a signed table */
const FORCE_N = 80;
const FORCE_SLOW_N = 50;

interface Wanted {
  readonly cell: string;
  readonly out: string;
  readonly robot: readonly string[];
  readonly parts: readonly Part[];
}
interface NamedPart extends Part {
  readonly name: string;
  readonly by: string;
}

/** kinds of actuators that take a permitted motion */
const CARRIES_MOTION: ReadonlySet<string> = new Set(["command", "follow", "trajectory"]);
const flow = (value: unknown): string =>
  stringify(value, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: true }).trim();

/** A whole deployment as a person would write it, each figure with its reason. */
export function cellText({ cell, out, robot, parts }: Wanted): string {
  const lines = linesOf(parts);
  const named = nameParts(parts, lines);
  const channels = named.filter((part) => part.role !== "stop");
  const stops = named.filter((part) => part.role === "stop");
  const carried = stops.some(({ actuator }) => CARRIES_MOTION.has(actuator ?? "bool"));
  return `${[
    `# yaml-language-server: $schema=${relative(dirname(out), SCHEMA)}`,
    `# Written by \`cellgate init\`. What is marked CHECK is a careful guess: put in what is true of your cell.`,
    "# cellgate is not a safety-rated device: the emergency stop stays hardwired, this node observes it.",
    "cellgate: 1",
    `cell: ${cell}`,
    "",
    ...robot,
    "",
    "transports:",
    ...(lines.size === 0 ? ["  {} # none yet: nothing is heard"] : []),
    ...[...lines].map(([, { name, settings }]) => `  ${name}: ${flow(settings)}`),
    "",
    "channels:",
    ...(channels.length === 0 ? ["  {} # none yet: nothing is seen"] : channels.map(channelLine)),
    "",
    ...ruleLines(channels),
    "",
    "# In the order in which they are asked; a stop goes to all of them at once.",
    "actuators:",
    ...(stops.length === 0
      ? ["  {} # none yet: nothing can be stopped"]
      : stops.map(
          ({ name, by, address, actuator }) =>
            `  ${name}: { kind: ${actuator ?? "bool"}, transport: ${by}, address: ${JSON.stringify(address)}, confirmMs: ${STOP_CONFIRM_MS} }`,
        )),
    "",
    "operators:",
    "  - { name: shift_lead, roles: [reset, resume, acknowledge, kill, approve, configure] }",
    "  - { name: planner, roles: [] } # a program: it proposes, and answers nothing",
    "",
    ...(carried
      ? [
          "# What may be proposed. Stage 0 judges beside what runs and moves nothing; a person raises it with evidence.",
        ]
      : ["# Nothing can be proposed yet: none of the actuators carries a motion, they only stop one."]),
    "gate:",
    "  stage: 0",
    '  energy: { monitored: false, because: "no risk head has been trained on this cell yet; see cellgate train" }',
    ...personLines(channels),
    ...(carried ? ["  targets:", "    arm: { path: /arm, verbs: [trajectory] }"] : []),
  ].join("\n")}\n`;
}

/** Parts on the same line share its transport; what each needs of it is put together. */
function linesOf(parts: readonly Part[]): Map<string, { name: string; settings: Record<string, unknown> }> {
  const lines = new Map<string, { name: string; settings: Record<string, unknown> }>();
  for (const part of parts) {
    const known = lines.get(part.line);
    if (known !== undefined) {
      known.settings = merged(known.settings, part.transport);
      continue;
    }
    const kind = String(part.transport["device"] ?? part.transport["kind"]);
    const taken = [...lines.values()].filter(
      (line) => line.name === kind || line.name.startsWith(`${kind}_`),
    ).length;
    lines.set(part.line, {
      name: taken === 0 ? kind : `${kind}_${taken + 1}`,
      settings: { ...part.transport },
    });
  }
  // a module is heard by its inputs: one that only carries a stop is asked for its first
  for (const { settings } of lines.values())
    if (settings["device"] === "modbus_safety_relay" && settings["deviceSettings"] === undefined)
      settings["deviceSettings"] = { inputs: [{ name: "spare", quantity: "flag", bit: 0 }] };
  return lines;
}
function merged(a: Record<string, unknown>, b: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const before = out[key];
    if (Array.isArray(before) && Array.isArray(value)) out[key] = [...before, ...value];
    else if (isMapping(before) && isMapping(value)) out[key] = merged(before, value);
    else out[key] = value;
  }
  return out;
}
const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const NAMES = {
  ft: "wrist_ft",
  near: "near",
  scan: "base_scan",
  estop: "estop",
  joints: "joints",
  stop: "stop",
} as const;
function nameParts(parts: readonly Part[], lines: ReturnType<typeof linesOf>): NamedPart[] {
  const seen = new Map<string, number>();
  return parts.map((part) => {
    const stem = NAMES[part.role];
    const n = (seen.get(stem) ?? 0) + 1;
    seen.set(stem, n);
    return { ...part, name: n === 1 ? stem : `${stem}_${n}`, by: lines.get(part.line)!.name };
  });
}

function channelLine({
  name,
  by,
  quantity,
  address,
  maxAgeMs,
  minRateHz,
  min,
  max,
  stamped,
  fan,
  from,
}: NamedPart): string {
  const constant = quantity === "estop" || quantity === "estopDual";
  return [
    `  # ${from}`,
    `  ${name}: ${flow({
      quantity,
      transport: by,
      address,
      maxAgeMs,
      minRateHz,
      ...(min !== undefined && { min }),
      ...(max !== undefined && { max }),
      ...(fan !== undefined && {
        angleMinRad: fan.angleMinRad,
        angleStepRad: fan.angleStepRad,
        // where the scanner stands; CHECK
        mount: { xM: 0, yM: 0, yawRad: 0 },
      }),
      ...(constant && { declaredConstant: true }),
      ...(!stamped && { stamped: false }),
    })}${fan === undefined ? "" : " # CHECK mount: where the scanner stands, and where its angle 0 looks"}`,
  ].join("\n");
}

function ruleLines(channels: readonly NamedPart[]): string[] {
  const of = (role: Part["role"]): readonly NamedPart[] => channels.filter((part) => part.role === role);
  const section = (name: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [`  ${name}:`, ...lines];
  const lines = [
    ...section(
      "force",
      of("ft").map(
        (c) =>
          `    ${c.name}: { channel: ${c.name}, maxForceN: ${FORCE_N}, slowForceN: ${FORCE_SLOW_N} } # CHECK`,
      ),
    ),
    ...section(
      "proximity",
      of("near").map((c) => `    ${c.name}: { channel: ${c.name}, minM: ${NEAR_STOP_M} } # CHECK`),
    ),
    ...section(
      "zones",
      of("scan").flatMap((c) => [
        `    ${c.name}_near: { channel: ${c.name}, action: slow, withinM: ${SLOW_M} } # CHECK`,
        `    ${c.name}_inside: { channel: ${c.name}, action: stop, withinM: ${STOP_M} } # CHECK: stop distance and reach of a person`,
      ]),
    ),
  ];
  return lines.length === 0
    ? ["# E-stops and silence are watched by themselves; add zones and limits here.", "rules: {}"]
    : ["rules:", ...lines];
}
function personLines(channels: readonly NamedPart[]): string[] {
  const sees = channels
    .filter((part) => part.role === "scan" || part.role === "near")
    .map((part) => part.name);
  return sees.length === 0 ? [] : [`  person: { channels: [${sees.join(", ")}] }`];
}
