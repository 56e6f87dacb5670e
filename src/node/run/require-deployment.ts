import { readFileSync } from "node:fs";
import { troubleWith } from "../../core/base/trouble-with.ts";
import { UserError } from "../../core/base/user-error.ts";
import { EDGE_SCHEMAS } from "./edge-kinds.ts";

import { type GoodConfig, loadDeployment, type Setting } from "../deployment/index.ts";

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
  const lines = loaded.problems.map(
    (p) => `${p.file}:${p.line}:${p.column}${p.key === "" ? "" : ` ${p.key}`}: ${p.message}`,
  );
  throw new UserError(
    `${lines.length} problem${lines.length === 1 ? "" : "s"} in ${file}\n${lines.join("\n")}`,
    "correct the file; `cellgate config schema` prints what is allowed",
  );
}
