import { z } from "zod";
import { deploymentSchema } from "../domain/index.ts";

/** JSON Schema (2020-12) of the deployment file, so that editors complete it. */
export function deploymentJsonSchema(): Record<string, unknown> {
  return {
    $id: "urn:cellgate:schema:deployment:1",
    title: "cellgate deployment",
    ...z.toJSONSchema(deploymentSchema, { io: "input", unrepresentable: "any" }),
  };
}
