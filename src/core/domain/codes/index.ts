import type { CodeEntry, CodeTable } from "./code.ts";
import { BAG_CODES } from "./bag.ts";
import { CELL_CODES } from "./cell.ts";
import { CONTROL_CODES } from "./control.ts";
import { EXTENSION_CODES } from "./extension.ts";
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
  ...EXTENSION_CODES,
  ...GATE_CODES,
  ...LEDGER_CODES,
  ...PROMOTION_CODES,
  ...REFLEX_CODES,
  ...RISK_CODES,
  ...SIM_CODES,
  ...WIRE_CODES,
} as const;
/** Our own codes; a check over all of them can be exhaustive. */
export type OwnCode = keyof typeof CODES;
/** A code that an extension brings: EXT_, the extension's name, and what happened. */
export type ExtensionCode = `EXT_${string}`;
export type Code = OwnCode | ExtensionCode;
/** What a rule of the reflex saw in the cell or in its sources; not what became of commands. */
export const isReflexCode = (code: string): boolean => code in REFLEX_CODES;

const EXTENSION_CODE = /^EXT_[A-Z][A-Z0-9]{1,23}_[A-Z][A-Z0-9_]{0,63}$/;
export const isOwnCode = (code: string): code is OwnCode => Object.hasOwn(CODES, code);
export const isExtensionCode = (code: string): code is ExtensionCode => EXTENSION_CODE.test(code);
export const isCode = (code: string): code is Code => isOwnCode(code) || isExtensionCode(code);

/** What is said of an extension's code where the extension is not loaded; the worst is assumed. */
const WITHOUT_WORDS: CodeEntry = {
  severity: "stop",
  title: "code of an extension",
  meaning: "An extension of the deployment gave this code; its words come with the extension.",
  remedy: "Look into the documentation of the extension that the code names.",
  clears: "acknowledge",
  clearedBy: "reset",
};
export type EntryOf = (code: Code) => CodeEntry;
/** Entries of our own codes and of those that extensions bring. */
export const entriesWith =
  (brought: CodeTable): EntryOf =>
  (code) =>
    isOwnCode(code)
      ? CODES[code]
      : ((Object.hasOwn(brought, code) ? brought[code] : undefined) ?? WITHOUT_WORDS);
export const codeEntry: EntryOf = entriesWith({});
