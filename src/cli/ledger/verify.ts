import { resolve } from "node:path";
import { parseVkey } from "../../core/receipts/index.ts";
import { pureHasher } from "../../core/base/hash.ts";
import { readAnchors, type VerifyReport, verifyLedger } from "../../edge/ledger/index.ts";
import { command, EXIT, type Io, UserError } from "../command.ts";
import { createProgress } from "../progress.ts";
import { dataOption, fileOrText, jsonOption, ledgerPlace } from "./place.ts";
import { troubleWith } from "../../core/base/trouble-with.ts";
import { flag, kinds, optional } from "../options/index.ts";

export const ledgerVerifyCommand = command({
  words: ["ledger", "verify"],
  summary:
    "derive every hash anew, compare with what was signed and kept elsewhere; without an anchor that was kept elsewhere it ends with code 4",
  example: "cellgate ledger verify --from-anchor /media/stick --full",
  options: {
    "from-anchor": optional(kinds.place, "checkpoint kept on another medium, or a folder of them"),
    key: optional(
      kinds.file,
      "public key that you trust, as text or file; without it the ledger's own is taken",
      { as: "KEY" },
    ),
    full: flag("check every signature, not only the newest of each shard"),
    independent: flag("hash with the second, slower implementation and check every schema"),
    ...jsonOption,
    ...dataOption,
  },
  async run(input, io) {
    const dir = ledgerPlace(input);
    const from = input.values["from-anchor"];
    const progress = createProgress(io, "verify", 0, "receipts");
    const bar = { current: progress, total: 0 };
    const report = await verifyLedger({
      dir,
      full: input.values.full,
      independent: input.values.independent,
      ...(from === undefined ? {} : { anchors: anchorsOf(resolve(io.cwd, from)) }),
      ...trustedOf(input.values.key, io),
      onProgress(done, total) {
        if (bar.total !== total) {
          bar.total = total;
          bar.current = createProgress(io, "verify", total, "receipts");
        }
        bar.current.update(done);
      },
    });
    bar.current.finish();
    if (input.values.json) io.out(JSON.stringify(report));
    else for (const line of linesOf(report, input.values.key !== undefined)) io.out(line);
    if (!report.ok) return EXIT.found;
    return isAnchored(report) ? EXIT.ok : EXIT.unanchored;
  },
});

/** something that was kept elsewhere covers at least a part of it */
const isAnchored = ({ unanchoredTail, rows }: VerifyReport): boolean =>
  unanchoredTail !== null && (rows === 0 || unanchoredTail < rows);

function anchorsOf(path: string): { from: string; note: string }[] {
  try {
    return readAnchors(path);
  } catch (error) {
    throw new UserError(`anchor ${path} cannot be read: ${troubleWith(error)}`, "is the medium mounted?");
  }
}

function trustedOf(value: string | undefined, io: Io) {
  if (value === undefined) return {};
  const key = parseVkey(pureHasher, fileOrText(value, io));
  if (!key.ok)
    throw new UserError(
      `--key: ${key.error}`,
      "take the line that `cellgate ledger key` printed when the node was set up",
    );
  return { trusted: key.value };
}

function linesOf(report: VerifyReport, isKeyGiven: boolean): string[] {
  const lines = report.shards.map(
    (s) =>
      `shard ${s.shard}: ${s.rows} rows, signed up to ${s.signedSize}${s.droppedBodies === 0 ? "" : `, ${s.droppedBodies} bodies dropped by retention`}`,
  );
  for (const f of report.findings)
    lines.push(
      `FOUND ${f.kind}: ${f.shard < 0 ? "" : `shard ${f.shard}${f.index === null ? "" : ` row ${f.index}`}: `}${f.detail}`,
    );
  if (report.findingCount > report.findings.length)
    lines.push(`… and ${report.findingCount - report.findings.length} more`);
  lines.push(`unsigned tail: ${report.unsignedTail} rows`);
  lines.push(
    report.unanchoredTail === null
      ? `unanchored tail: ${report.recordedUnanchoredTail} rows by the ledger's own record; --from-anchor compares with a real anchor`
      : `unanchored tail: ${report.unanchoredTail} rows`,
  );
  if (!isKeyGiven)
    lines.push(
      "signatures were checked with the key that the ledger itself names; --key checks with one that you keep",
    );
  lines.push(
    report.ok
      ? !isAnchored(report)
        ? `${report.rows} rows self-consistent, not anchored: whoever holds this machine could have written them anew; --from-anchor compares with what left it`
        : `${report.rows} rows verified`
      : `NOT VERIFIED: ${report.findingCount} finding${report.findingCount === 1 ? "" : "s"}`,
  );
  return lines;
}
