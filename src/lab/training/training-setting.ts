import { ADDITIVE_DEFAULTS, type AdditiveSetting } from "../../core/risk/index.ts";

/** Above this many rows frames repeat each other: fewer descents with longer strides find the same shapes. */
const MANY_ROWS = 30_000;

/** How a table of this size is trained unless somebody asks for something else. */
export const settingFor = (rows: number, seed: number): AdditiveSetting =>
  rows < MANY_ROWS
    ? { ...ADDITIVE_DEFAULTS, seed }
    : { ...ADDITIVE_DEFAULTS, seed, bags: 2, patience: 8, stepSize: 0.05 };
