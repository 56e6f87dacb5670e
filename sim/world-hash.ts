import { createHash } from "node:crypto";
import { canonicalText } from "../src/core/base/canonical.ts";
import type { CellDescription } from "../src/core/physics/index.ts";
import type { Scenario } from "./scenario.ts";

/** SHA-256 over the canonical text: two runs with the same hashes were asked for the same. */
export const cellHash = (cell: CellDescription): string => sha256(canonicalText(cell));
export const scenarioHash = (scenario: Scenario): string => sha256(canonicalText(scenario));
export const sha256 = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");
