import { z } from "zod";
import {
  BLACK_BOX_AFTER_US,
  BLACK_BOX_BEFORE_US,
  BLACK_BOX_MAX_BYTES,
  BLACK_BOX_MAX_FILES,
  BLACK_BOX_MAX_FOLDER_BYTES,
} from "../limits.ts";
import { ms } from "./units.ts";

/** What is kept of the time around each block. There is no switch: evidence is never optional. */
export const blackBoxSchema = z
  .strictObject({
    beforeMs: ms(1_000, 600_000)
      .default(BLACK_BOX_BEFORE_US / 1_000)
      .describe("how much of the time before a block goes into its file"),
    afterMs: ms(500, 600_000)
      .default(BLACK_BOX_AFTER_US / 1_000)
      .describe("how much of the time after it"),
    ringBytes: z
      .number()
      .int()
      .min(1_048_576)
      .max(1_073_741_824)
      .default(BLACK_BOX_MAX_BYTES)
      .describe("memory for the time before a block; a busier cell keeps less time"),
    keepFiles: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(BLACK_BOX_MAX_FILES)
      .describe("files in the folder; beyond, the oldest go"),
    keepBytes: z
      .number()
      .int()
      .min(4_194_304)
      .max(1e12)
      .default(BLACK_BOX_MAX_FOLDER_BYTES)
      .describe("bytes in the folder; beyond, the oldest go"),
  })
  .refine((box) => box.keepBytes >= 2 * box.ringBytes, {
    message: "keepBytes must hold one file, which has up to twice ringBytes",
    path: ["keepBytes"],
  });
