import { existsSync, readFileSync } from "node:fs";
import { canonicalText } from "../../core/base/canonical.ts";
import { err, ok, type Result } from "../../core/base/result.ts";
import { readJson, replaceFile } from "../../edge/files/index.ts";
import { type HeadArtefact, type HeadFault, readHead } from "../../core/risk/index.ts";

/** larger than any head that evaluates in ten microseconds */
const BYTES_MAX = 64 * 1_048_576;

/** Reads an artefact and believes nothing of it. */
export function readHeadFile(file: string): Result<HeadArtefact, HeadFault> {
  const unreadable = (detail: string) => err<HeadFault>({ code: "HEAD_UNREADABLE", detail });
  try {
    return readHead(readJson(file, BYTES_MAX));
  } catch (cause) {
    return unreadable(
      cause instanceof SyntaxError ? `no JSON: ${cause.message}` : String((cause as Error).message),
    );
  }
}
/** Writes an artefact whole or not at all. A file that holds another head is never overwritten. */
export function writeHeadFile(file: string, artefact: HeadArtefact): Result<"written" | "same", string> {
  const text = `${canonicalText(artefact)}\n`;
  if (existsSync(file))
    return readFileSync(file, "utf8") === text
      ? ok("same")
      : err(`${file} holds another head; artefacts are never overwritten`);
  try {
    replaceFile(file, text);
    return ok("written");
  } catch (cause) {
    return err(`${file} cannot be written: ${(cause as Error).message}`);
  }
}
