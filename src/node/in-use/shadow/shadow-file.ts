import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { readJson, writeJson } from "../../../edge/files/index.ts";
import { type ShadowReport, shadowReportSchema } from "./shadow-words.ts";

const folderOf = (dataDir: string): string => join(dataDir, "shadow");

/** One file for each candidate and start. */
export const writeShadowReport = (dataDir: string, report: ShadowReport): void =>
  writeJson(join(folderOf(dataDir), `${report.started_at}-${report.candidate.slice(0, 16)}.json`), report, 1);

/** Reports of a data folder, newest first; `candidate`: first digits of its hash. */
export function readShadowReports(dataDir: string, candidate = ""): ShadowReport[] {
  const folder = folderOf(dataDir);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    .flatMap((file) => {
      const read = shadowReportSchema.safeParse(readJson(file));
      return read.success && read.data.candidate.startsWith(candidate) ? [read.data] : [];
    });
}
