import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { putInPlace } from "../../edge/files/index.ts";
import { ledgerOverview, readReceipts } from "../../edge/ledger/index.ts";
import { type Command, EXIT, UserError } from "../command.ts";
import { createProgress } from "../progress.ts";
import { dataOption, ledgerPlace, text } from "./place.ts";
import { filterOf } from "./show.ts";

const BLOCK_CHARS = 1_048_576;

export const ledgerExportCommand: Command = {
  words: ["ledger", "export"],
  summary: "write receipts as JSON lines, byte for byte as they were hashed",
  usage: "--out receipts.jsonl [--run 3] [--type block] [--since TIME] [--until TIME]",
  example: "cellgate ledger export --out receipts.jsonl",
  options: {
    out: { type: "string", help: "file to write" },
    run: {
      type: "string",
      help: "only what the cell itself receipted in this start of the node; its digest equals that of a replay",
    },
    type: { type: "string", help: "only this receipt type" },
    since: { type: "string", help: "from this time on" },
    until: { type: "string", help: "up to this time" },
    ...dataOption,
  },
  async run(input, io) {
    const dir = ledgerPlace(input, io);
    const out = text(input, "out");
    if (out === undefined) throw new UserError("no file to write", "--out receipts.jsonl");
    const run = text(input, "run");
    if (run !== undefined && !/^\d+$/.test(run))
      throw new UserError("--run expected the number of a start", "the digits after r in a receipt's id");
    const path = resolve(io.cwd, out);
    const rows = ledgerOverview(dir).shards.reduce((sum, shard) => sum + shard.rows, 0);
    const progress = createProgress(io, "export", rows, "receipts");
    const digest = createHash("sha256");
    const fd = openSync(`${path}.part`, "w");
    let block = "";
    let written = 0;
    let dropped = 0;
    let seen = 0;
    const flush = (): void => {
      const bytes = Buffer.from(block);
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      block = "";
    };
    for (const receipt of readReceipts(dir, filterOf(input))) {
      progress.update(++seen);
      if (run !== undefined && !receipt.id.startsWith(`r${run}.`)) continue;
      if (receipt.text === null) {
        dropped++;
        continue;
      }
      digest.update(receipt.text).update("\n");
      block += `${receipt.text}\n`;
      written++;
      if (block.length > BLOCK_CHARS) flush();
    }
    flush();
    closeSync(fd);
    putInPlace(`${path}.part`, path);
    progress.finish();
    io.out(`${path}: ${written} receipts, sha256 ${digest.digest("hex")}`);
    if (dropped > 0) io.err(`${dropped} receipts were left out: retention has dropped their bodies`);
    return EXIT.ok;
  },
};
