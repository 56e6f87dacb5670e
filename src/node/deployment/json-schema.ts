import { z } from "zod";
import { deploymentSchema } from "../../core/domain/index.ts";
import type { EdgeSchemas } from "./load.ts";

type JsonSchema = Record<string, unknown>;
const inputSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;

/** One entry of a section is one of the known kinds. */
function oneOf(schemas: Readonly<Record<string, z.ZodType>>): JsonSchema {
  const kinds = Object.values(schemas).map((schema) => {
    const { $schema: _, ...rest } = inputSchema(schema);
    return rest;
  });
  return { anyOf: kinds };
}

/** JSON Schema (2020-12) of the deployment file, so that editors complete it. */
export function deploymentJsonSchema(edge?: EdgeSchemas): JsonSchema {
  const whole = {
    $id: "urn:cellgate:schema:deployment:1",
    title: "cellgate deployment",
    ...inputSchema(deploymentSchema),
  };
  if (edge === undefined) return whole;
  const properties = (whole as { properties?: Record<string, JsonSchema> }).properties ?? {};
  for (const section of ["transports", "actuators"] as const)
    properties[section] = { ...properties[section], additionalProperties: oneOf(edge[section]) };
  return whole;
}
