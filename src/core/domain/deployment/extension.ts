import { z } from "zod";
import { nameText } from "./units.ts";

const settings = z.record(z.string().min(1).max(64), z.json());

/**
 * A module that is no part of cellgate. Its hash is part of the configuration, so a changed module is another
 * configuration; what it contributes is used like our own.
 */
export const extensionSchema = z.strictObject({
  module: z
    .string()
    .min(1)
    .max(512)
    .describe("an npm package installed beside this deployment, or a file beside it: ./my-rule.mjs"),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits, lower case")
    .describe("of the bytes of the module's one file"),
  rules: z
    .record(nameText, settings)
    .optional()
    .describe("rules of the extension that this cell is judged by, with their settings"),
  adapters: z
    .record(nameText, settings)
    .optional()
    .describe("what turns a proposer's words into an action before it is judged, with its settings"),
});
export type ExtensionConfig = z.infer<typeof extensionSchema>;
