import { z } from "zod";
import { deploymentSchema } from "../../core/domain/index.ts";
import type { EdgeSchemas } from "./edge-schemas.ts";

type JsonSchema = Record<string, unknown>;
const inputSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;

/** What a device may be told under `deviceSettings`, by the device's name. */
export type DeviceSchemas = Readonly<Record<string, z.ZodType>>;

/**
 * Shared definitions of a part stand at the top of the whole document, under names of their own: a reference
 * counts from the document's root, wherever the part ends up.
 */
function hoisted(part: JsonSchema, name: string, into: Record<string, unknown>): JsonSchema {
  const { $schema: _, $defs, ...rest } = part;
  const rename = (ref: string): string => ref.replace(/^#\/\$defs\//, `#/$defs/${name}.`);
  const renamed = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(renamed);
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [
        key,
        key === "$ref" && typeof value === "string" ? rename(value) : renamed(value),
      ]),
    );
  };
  for (const [key, value] of Object.entries(($defs ?? {}) as JsonSchema))
    into[`${name}.${key}`] = renamed(value);
  return renamed(rest) as JsonSchema;
}

/** One entry of a section is one of the known kinds. */
function oneOf(schemas: Readonly<Record<string, z.ZodType>>, section: string, defs: JsonSchema): JsonSchema {
  return {
    anyOf: Object.entries(schemas).map(([kind, schema]) =>
      hoisted(inputSchema(schema), `${section}.${kind}`, defs),
    ),
  };
}

/** A transport with a device takes that device's own settings; the names of the devices are an enumeration. */
function withDevices(transport: JsonSchema, devices: DeviceSchemas, defs: JsonSchema): void {
  const properties = transport["properties"] as Record<string, JsonSchema> | undefined;
  if (properties?.["device"] === undefined) return;
  properties["device"] = { ...properties["device"], enum: Object.keys(devices) };
  transport["allOf"] = Object.entries(devices).map(([name, schema]) => ({
    if: { properties: { device: { const: name } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { deviceSettings: hoisted(inputSchema(schema), `devices.${name}`, defs) } },
  }));
}

/** A robot by its URDF alone: everything else may be stated, and then goes before what the file says. */
function withUrdfAlone(properties: Record<string, JsonSchema>): void {
  const robot = properties["robot"];
  if (robot === undefined) return;
  const { required, ...rest } = robot;
  properties["robot"] = {
    ...rest,
    properties: {
      urdf: {
        type: "string",
        description: "a URDF beside this file: joints, limits, kinematics and masses come from it",
      },
      tip: {
        type: "string",
        description: "with urdf: link whose origin is the tool point; absent: the end of the longest arm",
      },
      ...(robot["properties"] as JsonSchema),
    },
    anyOf: [{ required }, { required: ["urdf"] }],
  };
}

/** JSON Schema (2020-12) of the deployment file, so that editors complete it. */
export function deploymentJsonSchema(edge?: EdgeSchemas, devices: DeviceSchemas = {}): JsonSchema {
  const whole: JsonSchema = {
    $id: "urn:cellgate:schema:deployment:1",
    title: "cellgate deployment",
    ...inputSchema(deploymentSchema),
  };
  withUrdfAlone((whole["properties"] ?? {}) as Record<string, JsonSchema>);
  if (edge === undefined) return whole;
  const defs = { ...((whole["$defs"] ?? {}) as JsonSchema) };
  const properties = (whole["properties"] ?? {}) as Record<string, JsonSchema>;
  for (const section of ["transports", "actuators"] as const) {
    const entries = oneOf(edge[section], section, defs);
    if (section === "transports" && Object.keys(devices).length > 0)
      for (const kind of entries["anyOf"] as JsonSchema[]) withDevices(kind, devices, defs);
    properties[section] = { ...properties[section], additionalProperties: entries };
  }
  return { ...whole, properties, ...(Object.keys(defs).length > 0 && { $defs: defs }) };
}
