import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { putInPlace } from "../../edge/files/index.ts";
import { ledgerOverview, readReceipts } from "../../edge/ledger/index.ts";
import { command, EXIT } from "../command.ts";
import { createProgress } from "../progress.ts";
import { dataOption, ledgerPlace } from "./place.ts";
import { filterOf, filterOptions } from "./show.ts";
import { kinds, optional, required } from "../options/index.ts";

const BLOCK_CHARS = 1_048_576;

export const ledgerExportCommand = command({
  words: ["ledger", "export"],
  summary: "write receipts as JSON lines, byte for byte as they were hashed",
  example: "cellgate ledger export --out receipts.jsonl",
  options: {
    out: required(kinds.file, "file to write", {
      as: "receipts.jsonl",
      missing: "no file to write",
      remedy: "--out receipts.jsonl",
    }),
    run: optional(
      kinds.count(1_000_000_000, 0),
      "a number after r in receipt ids: only what the cell itself receipted in this start of the node; its digest equals that of a replay",
    ),
    ...filterOptions,
    ...dataOption,
  },
  async run(input, io) {
    const dir = ledgerPlace(input);
    const { out, run } = input.values;
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
    for (const receipt of readReceipts(dir, filterOf(input.values))) {
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
});
