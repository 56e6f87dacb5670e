import { z } from "zod";
import { MAX_CHANNELS } from "../limits.ts";
import { isCommand } from "../sample.ts";
import { blackBoxSchema } from "./black-box.ts";
import { channelSchema } from "./channels.ts";
import { actuatorSchema, controlSchema, operatorSchema, selfSchema, transportSchema } from "./edge.ts";
import { extensionSchema } from "./extension.ts";
import { fleetSchema } from "./fleet.ts";
import { gateSchema } from "./gate.ts";
import { ledgerSchema } from "./ledger.ts";
import { riskSchema } from "./risk.ts";
import { checkRetreat } from "./retreat.ts";
import { robotSchema } from "./robot.ts";
import { checkRules } from "./rules/cross-check.ts";
import { rulesSchema } from "./rules.ts";
import { nameText } from "./units.ts";

export { ACTUATOR_ASKED, ACTUATOR_SKILLS, type ActuatorReports } from "./edge.ts";
export type { ChannelConfig } from "./channels.ts";
export type { ExtensionConfig } from "./extension.ts";
export type { FleetConfig } from "./fleet.ts";
export type { AnchorConfig, LedgerConfig } from "./ledger.ts";
export type { GateConfig } from "./gate.ts";
export type { RetreatConfig } from "./retreat.ts";
export type { RobotConfig } from "./robot.ts";
export type { BodyRegion, PflLimits, PflRegion } from "./rules/pfl-limits.ts";
export { BODY_REGIONS, pflLimitsSchema } from "./rules/pfl-limits.ts";
export type { RulesConfig } from "./rules.ts";

const named = <S extends z.ZodType>(schema: S) => z.record(nameText, schema);

/** One deployment: everything that a cell's file may say. Unknown keys are errors everywhere. */
/** a transport that proves who sent the messages of this channel says so under `protected` */
const isProtected = (transport: object | undefined, channel: string): boolean => {
  const named: unknown =
    transport === undefined ? undefined : (transport as { protected?: unknown }).protected;
  return typeof named === "object" && named !== null && Object.hasOwn(named, channel);
};

export const deploymentSchema = z
  .strictObject({
    cellgate: z.literal(1).describe("version of this format"),
    cell: nameText.describe("name of the cell; part of every receipt"),
    robot: robotSchema,
    transports: named(transportSchema),
    channels: named(channelSchema).refine(
      (c) => Object.keys(c).length <= MAX_CHANNELS,
      `at most ${MAX_CHANNELS} channels`,
    ),
    rules: rulesSchema,
    actuators: named(actuatorSchema),
    operators: z.array(operatorSchema).max(64).default([]),
    risk: riskSchema.prefault({}),
    gate: gateSchema.prefault({}),
    ledger: ledgerSchema.prefault({}),
    blackBox: blackBoxSchema.prefault({}),
    control: controlSchema.prefault({}),
    fleet: fleetSchema.optional(),
    // absent in the common case, and then no part of the hash
    extensions: z.array(extensionSchema).max(16).optional(),
    self: selfSchema.prefault({}),
  })
  .superRefine((d, ctx) => {
    const known = new Set(Object.keys(d.transports));
    for (const part of ["channels", "actuators"] as const)
      for (const [name, entry] of Object.entries(d[part]))
        if (!known.has(entry.transport))
          ctx.addIssue({
            code: "custom",
            path: [part, name, "transport"],
            message: `no transport is called "${entry.transport}"; there are ${[...known].join(", ")}`,
          });
    for (const [name, { transport, stamped }] of Object.entries(d.channels))
      if (!stamped && isProtected(d.transports[transport], name))
        ctx.addIssue({
          code: "custom",
          path: ["channels", name, "stamped"],
          message:
            "a protected channel needs stamps: without them a recording of its healthy messages releases the cell after the next start",
        });
    for (const [name, { stopping }] of Object.entries(d.rules.separation))
      if (stopping === "deceleration" && d.robot.cancel === undefined)
        ctx.addIssue({
          code: "custom",
          path: ["rules", "separation", name, "stopping"],
          message: "deceleration needs robot.cancel, measured on this robot",
        });
    const filtered = Object.values(d.actuators).flatMap(({ command }) =>
      command === undefined ? [] : [d.channels[command]?.quantity],
    );
    for (const [name, { action }] of Object.entries(d.rules.zones))
      if (
        (action === "limit" || action === "approach") &&
        (filtered.length === 0 || filtered.includes("jogCommand"))
      )
        ctx.addIssue({
          code: "custom",
          path: ["rules", "zones", name, "action"],
          message:
            filtered.length === 0
              ? `${action} is for velocity filters, and no actuator has a \`command\` channel`
              : `${action} means nothing for joint velocities; use slow, hold or stop`,
        });
    for (const { path, message } of checkRules(d.rules, d.channels))
      ctx.addIssue({ code: "custom", path: [...path], message });
    for (const [name, target] of Object.entries(d.gate.targets))
      if (target.actuator !== undefined && d.actuators[target.actuator] === undefined)
        ctx.addIssue({
          code: "custom",
          path: ["gate", "targets", name, "actuator"],
          message: `no actuator named "${target.actuator}"`,
        });
    for (const [name, { command }] of Object.entries(d.actuators)) {
      const quantity = command === undefined ? undefined : d.channels[command]?.quantity;
      if (command !== undefined && (quantity === undefined || !isCommand(quantity)))
        ctx.addIssue({
          code: "custom",
          path: ["actuators", name, "command"],
          message: `no twistCommand or jogCommand channel named "${command}"`,
        });
    }
    for (const name of d.gate.person.channels)
      if (d.channels[name]?.quantity !== "range" && d.channels[name]?.quantity !== "scan")
        ctx.addIssue({
          code: "custom",
          path: ["gate", "person", "channels"],
          message: `no range or scan channel named "${name}"`,
        });
    for (const message of checkRetreat(d))
      ctx.addIssue({ code: "custom", path: ["gate", "retreat"], message });
    for (const [name, skill] of Object.entries(d.gate.skills))
      for (const zone of skill.zones)
        if (d.gate.zones[zone] === undefined)
          ctx.addIssue({
            code: "custom",
            path: ["gate", "skills", name, "zones"],
            message: `no zone named "${zone}"`,
          });
  });
export type Deployment = z.infer<typeof deploymentSchema>;
