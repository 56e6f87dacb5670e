import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { RECEIPT_SCHEMAS, type ReceiptType, receiptEnvelope } from "../../core/domain/index.ts";
import { ledgerKeyText, ledgerOverview, rotateKey } from "../../edge/ledger/index.ts";
import { type Command, EXIT, UserError } from "../command.ts";
import { dataOption, flag, jsonOption, ledgerPlace, text } from "./place.ts";

export const ledgerStatsCommand: Command = {
  words: ["ledger", "stats"],
  summary: "rows, bytes, signed and anchored sizes, receipts per type",
  usage: "[--json]",
  example: "cellgate ledger stats",
  options: { ...jsonOption, ...dataOption },
  async run(input, io) {
    const overview = ledgerOverview(ledgerPlace(input, io));
    if (flag(input, "json")) {
      io.out(JSON.stringify(overview));
      return EXIT.ok;
    }
    for (const s of overview.shards) {
      io.out(
        `shard ${s.shard}: ${s.rows} rows, ${megabytes(s.bytes)}, signed up to ${s.signedSize}${s.droppedBodies ? ", bodies dropped" : ""}`,
      );
      for (const [type, n] of Object.entries(s.types)) io.out(`  ${type.padEnd(18)} ${n}`);
      for (const { sink, size } of s.anchors) io.out(`  anchored up to ${size} at ${sink}`);
    }
    io.out(`total ${megabytes(overview.bytes)}`);
    return EXIT.ok;
  },
};

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export const ledgerSchemaCommand: Command = {
  words: ["ledger", "schema"],
  summary: "print the JSON Schema of receipts",
  usage: "[receipt type]",
  example: "cellgate ledger schema block",
  options: {},
  async run({ positionals: [type] }, io) {
    if (type !== undefined && !Object.hasOwn(RECEIPT_SCHEMAS, type))
      throw new UserError(`no receipt type "${type}"`, `one of ${Object.keys(RECEIPT_SCHEMAS).join(", ")}`);
    const schema = type === undefined ? receiptEnvelope : RECEIPT_SCHEMAS[type as ReceiptType];
    io.out(
      JSON.stringify(
        { $id: `urn:cellgate:schema:receipt:${type ?? "1"}`, ...z.toJSONSchema(schema) },
        null,
        2,
      ),
    );
    return EXIT.ok;
  },
};

export const ledgerKeyCommand: Command = {
  words: ["ledger", "key"],
  summary: "print the public key that signs this ledger; keep it on another machine",
  usage: "[--out cell.key]",
  example: "cellgate ledger key --out cell.key",
  options: { out: { type: "string", help: "file to write instead" }, ...dataOption },
  async run(input, io) {
    const key = ledgerKeyText(ledgerPlace(input, io));
    const out = text(input, "out");
    if (out === undefined) io.out(key);
    else {
      writeFileSync(resolve(io.cwd, out), `${key}\n`);
      io.out(`${out}: hand it over by a way that does not lead through this machine`);
    }
    return EXIT.ok;
  },
};

export const ledgerRotateKeyCommand: Command = {
  words: ["ledger", "rotate-key"],
  summary: "make a new signing key; the node seals its shard and goes on with it",
  usage: "",
  example: "cellgate ledger rotate-key",
  options: dataOption,
  async run(input, io) {
    const number = rotateKey(ledgerPlace(input, io));
    io.out(
      `key ${number} made. The next shard is signed with it, and its first row carries the old key's consent.`,
    );
    io.out("Print it with `cellgate ledger key` once the node has changed over, and keep the old one too.");
    return EXIT.ok;
  },
};
