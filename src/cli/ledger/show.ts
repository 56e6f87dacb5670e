import { inertData } from "../../core/base/inert.ts";
import { cut } from "../../core/base/text.ts";
import { RECEIPT_SCHEMAS } from "../../core/domain/index.ts";
import { type BrowseFilter, newestReceipts, type StoredReceipt } from "../../edge/ledger/index.ts";
import { type Command, type CommandInput, EXIT, UserError } from "../command.ts";
import { readable } from "../wrap.ts";
import { dataOption, flag, jsonOption, ledgerPlace, parseTime, text, timeText } from "./place.ts";

const LINES_DEFAULT = 20;
const LINES_MAX = 100_000;
const SUMMARY_INDENT = 4;

export const ledgerShowCommand: Command = {
  words: ["ledger", "show"],
  summary: "newest receipts, oldest of them first",
  usage: "[--type block] [--since 30min] [--until TIME] [--last 20] [--json]",
  example: "cellgate ledger show --type block --since 1h",
  options: {
    type: { type: "string", help: `one of ${Object.keys(RECEIPT_SCHEMAS).join(", ")}` },
    since: {
      type: "string",
      help: "from this time on: 2026-11-20T10:00:00Z, or 30min for thirty minutes ago",
    },
    until: { type: "string", help: "up to this time" },
    last: { type: "string", help: `how many (default ${LINES_DEFAULT})` },
    ...jsonOption,
    ...dataOption,
  },
  async run(input, io) {
    const dir = ledgerPlace(input, io);
    const count = Number(text(input, "last") ?? LINES_DEFAULT);
    if (!Number.isInteger(count) || count < 1 || count > LINES_MAX)
      throw new UserError(
        `--last expected a number from 1 to ${LINES_MAX}`,
        "for everything use `cellgate ledger export`",
      );
    const receipts = newestReceipts(dir, count, filterOf(input)).reverse();
    for (const receipt of receipts)
      if (flag(input, "json")) io.out(jsonLine(receipt));
      else for (const part of readable(line(receipt), io, SUMMARY_INDENT)) io.out(part);
    if (receipts.length === 0) io.err("no receipt matches");
    return EXIT.ok;
  },
};

export function filterOf(input: CommandInput): BrowseFilter {
  const type = text(input, "type");
  if (type !== undefined && !Object.hasOwn(RECEIPT_SCHEMAS, type))
    throw new UserError(`no receipt type "${type}"`, `one of ${Object.keys(RECEIPT_SCHEMAS).join(", ")}`);
  const since = text(input, "since");
  const until = text(input, "until");
  const now = Date.now();
  return {
    ...(type === undefined ? {} : { type }),
    ...(since === undefined ? {} : { since: parseTime(since, now) }),
    ...(until === undefined ? {} : { until: parseTime(until, now) }),
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
