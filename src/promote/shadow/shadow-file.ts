import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type ShadowReport, shadowReportSchema } from "./shadow-words.ts";

const folderOf = (dataDir: string): string => join(dataDir, "shadow");

/** One file for each candidate and start; a reader sees the old or the new one, never half of it. */
export function writeShadowReport(dataDir: string, report: ShadowReport): void {
  const folder = folderOf(dataDir);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${report.started_at}-${report.candidate.slice(0, 16)}.json`);
  writeFileSync(`${file}.tmp`, `${JSON.stringify(report, null, 1)}\n`);
  renameSync(`${file}.tmp`, file);
}

/** Reports of a data folder, newest first; `candidate`: first digits of its hash. */
export function readShadowReports(dataDir: string, candidate = ""): ShadowReport[] {
  const folder = folderOf(dataDir);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    .flatMap((file) => {
      const read = shadowReportSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
      return read.success && read.data.candidate.startsWith(candidate) ? [read.data] : [];
    });
}
