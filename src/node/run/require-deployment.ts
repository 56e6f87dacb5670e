import { readFileSync } from "node:fs";
import { troubleWith } from "../../core/base/trouble-with.ts";
import { UserError } from "../../core/base/user-error.ts";
import { EDGE_SCHEMAS } from "./edge-kinds.ts";

import {
  type ConfigProblem,
  type GoodConfig,
  loadDeployment,
  placeProblems,
  type Setting,
} from "../deployment/index.ts";
import { wholeProblems } from "./whole-check.ts";

/** Loads a deployment file or says what is wrong with it, each problem with file:line:column. */
export function requireDeployment(file: string | undefined, settings: readonly Setting[] = []): GoodConfig {
  if (file === undefined)
    throw new UserError("no deployment file given", "name one, for example launch/demo-cell.yaml");
  try {
    readFileSync(file);
  } catch (cause) {
    throw new UserError(
      `${file} cannot be read: ${troubleWith(cause)}`,
      "check the path; launch/ holds a deployment for each kind of wire",
    );
  }
  const loaded = loadDeployment(file, EDGE_SCHEMAS, settings);
  if (loaded.ok) return loaded;
  throw problemsError(file, loaded.problems);
}

function problemsError(file: string, problems: readonly ConfigProblem[]): UserError {
  const lines = problems.map(
    (p) => `${p.file}:${p.line}:${p.column}${p.key === "" ? "" : ` ${p.key}`}: ${p.message}`,
  );
  return new UserError(
    `${lines.length} problem${lines.length === 1 ? "" : "s"} in ${file}\n${lines.join("\n")}`,
    "correct the file; `cellgate config schema` prints what is allowed",
  );
}

/** Every problem of a deployment that a start would meet short of opening its wires, in one pass. */
export function checkDeployment(
  file: string,
): { ok: true; config: GoodConfig } | { ok: false; problems: readonly ConfigProblem[] } {
  const loaded = loadDeployment(file, EDGE_SCHEMAS);
  if (!loaded.ok) return loaded;
  const problems = placeProblems(readFileSync(file, "utf8"), file, wholeProblems(loaded));
  return problems.length === 0 ? { ok: true, config: loaded } : { ok: false, problems };
}

/** The same for somebody who is about to start it. */
export function requireRunnable(config: GoodConfig): void {
  const found = wholeProblems(config);
  if (found.length === 0) return;
  let text = "";
  try {
    text = readFileSync(config.file, "utf8");
  } catch {
    // a deployment that was handed over as an object has no text: its problems stand at line 1
  }
  throw problemsError(config.file, placeProblems(text, config.file, found));
}
