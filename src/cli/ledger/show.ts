import { inertData } from "../../core/base/inert.ts";
import { cut } from "../../core/base/text.ts";
import { RECEIPT_SCHEMAS, type ReceiptType } from "../../core/domain/index.ts";
import { type BrowseFilter, newestReceipts, type StoredReceipt } from "../../edge/ledger/index.ts";
import { command, EXIT } from "../command.ts";
import { readable } from "../wrap.ts";
import { dataOption, jsonOption, ledgerPlace, timeText } from "./place.ts";
import { kinds, optional, type Values, withDefault } from "../options/index.ts";

const SUMMARY_INDENT = 4;

export const receiptType = kinds.choice(
  Object.keys(RECEIPT_SCHEMAS) as readonly ReceiptType[],
  "is no receipt type",
);
/** Which receipts. */
export const filterOptions = {
  type: optional(receiptType, "only receipts of this type", { as: "TYPE" }),
  since: optional(kinds.instant, "from this time on: 2026-11-20T10:00:00Z, or 30min for thirty minutes ago"),
  until: optional(kinds.instant, "up to this time"),
} as const;

export const ledgerShowCommand = command({
  words: ["ledger", "show"],
  summary: "newest receipts, oldest of them first",
  example: "cellgate ledger show --type block --since 1h",
  options: {
    ...filterOptions,
    last: withDefault(kinds.count(100_000), "20", "how many; for everything use `cellgate ledger export`"),
    ...jsonOption,
    ...dataOption,
  },
  async run(input, io) {
    const dir = ledgerPlace(input);
    const receipts = newestReceipts(dir, input.values.last, filterOf(input.values)).reverse();
    for (const receipt of receipts)
      if (input.values.json) io.out(jsonLine(receipt));
      else for (const part of readable(line(receipt), io, SUMMARY_INDENT)) io.out(part);
    if (receipts.length === 0) io.err("no receipt matches");
    return EXIT.ok;
  },
});

export function filterOf({ type, since, until }: Values<typeof filterOptions>): BrowseFilter {
  return {
    ...(type === undefined ? {} : { type }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}

const jsonLine = (receipt: StoredReceipt): string =>
  receipt.text ?? JSON.stringify({ receipt_id: receipt.id, at: receipt.at, body: null });

function line(receipt: StoredReceipt): string {
  return `${timeText(receipt.at)}  ${receipt.id.padEnd(14)} ${receipt.type.padEnd(16)} ${summaryOf(receipt)}`;
}

/** fields that say most about a receipt, in this order; the rest is in --json */
const TELLING = [
  "decision",
  "outcome",
  "verdict",
  "from",
  "to",
  "code",
  "reason",
  "action_id",
  "confidence_score",
  "sink",
  "detail",
  "by",
  "what",
];

function summaryOf(receipt: StoredReceipt): string {
  if (receipt.text === null) return "(body dropped by retention; its hashes are kept)";
  const parsed = inertData(JSON.parse(receipt.text)) as Record<string, unknown>;
  const body = (parsed["body"] ?? parsed) as Record<string, unknown>;
  return TELLING.flatMap((key) => {
    const value = body[key];
    return typeof value === "string"
      ? value === ""
        ? []
        : [`${key}=${cut(value, 80)}`]
      : typeof value === "number"
        ? [`${key}=${value}`]
        : [];
  }).join(" ");
}
