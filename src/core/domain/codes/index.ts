import type { CodeEntry } from "./code.ts";
import { BAG_CODES } from "./bag.ts";
import { CELL_CODES } from "./cell.ts";
import { CONTROL_CODES } from "./control.ts";
import { GATE_CODES } from "./gate.ts";
import { LEDGER_CODES } from "./ledger.ts";
import { PROMOTION_CODES } from "./promotion.ts";
import { REFLEX_CODES } from "./reflex.ts";
import { RISK_CODES } from "./risk.ts";
import { SIM_CODES } from "./sim.ts";
import { WIRE_CODES } from "./wire.ts";

export type { CodeEntry } from "./code.ts";

/** Every code the node can show: docs, terminal, page and receipts take their text from here. */
export const CODES = {
  ...BAG_CODES,
  ...CELL_CODES,
  ...CONTROL_CODES,
  ...GATE_CODES,
  ...LEDGER_CODES,
  ...PROMOTION_CODES,
  ...REFLEX_CODES,
  ...RISK_CODES,
  ...SIM_CODES,
  ...WIRE_CODES,
} as const;
export type Code = keyof typeof CODES;
/** What a rule of the reflex saw in the cell or in its sources; not what became of commands. */
export const isReflexCode = (code: string): boolean => code in REFLEX_CODES;
export const codeEntry = (code: Code): CodeEntry => CODES[code];
