import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { RECEIPT_SCHEMAS, type ReceiptType, receiptEnvelope } from "../../core/domain/index.ts";
import { ledgerKeyText, ledgerOverview, rotateKey } from "../../edge/ledger/index.ts";
import { command, EXIT, UserError } from "../command.ts";
import { dataOption, jsonOption, ledgerPlace } from "./place.ts";
import { kinds, optional } from "../options/index.ts";

export const ledgerStatsCommand = command({
  words: ["ledger", "stats"],
  summary: "rows, bytes, signed and anchored sizes, receipts per type",
  example: "cellgate ledger stats",
  options: { ...jsonOption, ...dataOption },
  async run(input, io) {
    const overview = ledgerOverview(ledgerPlace(input));
    if (input.values.json) {
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
});

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export const ledgerSchemaCommand = command({
  words: ["ledger", "schema"],
  summary: "print the JSON Schema of receipts",
  takes: "[receipt type]",
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
});

export const ledgerKeyCommand = command({
  words: ["ledger", "key"],
  summary: "print the public key that signs this ledger; keep it on another machine",
  example: "cellgate ledger key --out cell.key",
  options: { out: optional(kinds.file, "file to write instead", { as: "cell.key" }), ...dataOption },
  async run(input, io) {
    const key = ledgerKeyText(ledgerPlace(input));
    const out = input.values.out;
    if (out === undefined) io.out(key);
    else {
      writeFileSync(resolve(io.cwd, out), `${key}\n`);
      io.out(`${out}: hand it over by a way that does not lead through this machine`);
    }
    return EXIT.ok;
  },
});

export const ledgerRotateKeyCommand = command({
  words: ["ledger", "rotate-key"],
  summary: "make a new signing key; the node seals its shard and goes on with it",
  example: "cellgate ledger rotate-key",
  options: dataOption,
  async run(input, io) {
    const number = rotateKey(ledgerPlace(input));
    io.out(
      `key ${number} made. The next shard is signed with it, and its first row carries the old key's consent.`,
    );
    io.out("Print it with `cellgate ledger key` once the node has changed over, and keep the old one too.");
    return EXIT.ok;
  },
});
