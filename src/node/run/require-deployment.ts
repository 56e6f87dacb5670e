import { readFileSync } from "node:fs";
import { troubleWith } from "../../core/base/trouble-with.ts";
import { UserError } from "../../core/base/user-error.ts";
import {
  type ConfigProblem,
  type GoodConfig,
  loadDeployment,
  type LoadedConfig,
  placeProblems,
  type Setting,
} from "../deployment/index.ts";
import { type Extensions, loadExtensions } from "../extensions/index.ts";
import { EDGE_SCHEMAS, OUR_REGISTRIES, schemasOf } from "./edge-kinds.ts";
import { wholeProblems } from "./whole-check.ts";

/** Reads a deployment file with everything that it may name: our own parts and those of its extensions. */
export function readDeployment(file: string, settings: readonly Setting[] = []): LoadedConfig {
  const frame = loadDeployment(file, undefined, settings);
  if (!frame.ok || frame.deployment.extensions === undefined)
    return loadDeployment(file, EDGE_SCHEMAS, settings);
  const extensions = loadExtensions(frame.deployment, file, OUR_REGISTRIES);
  if (extensions.ok) return loadDeployment(file, schemasOf(extensions.value), settings);
  const { what, remedy } = extensions.error;
  const message = remedy === "" ? what : `${what} (${remedy})`;
  return { ok: false, problems: [{ file, line: 1, column: 1, key: "extensions", message }] };
}

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
  const loaded = readDeployment(file, settings);
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

/** The parts that a deployment may name, ours and those of its extensions. */
export function requireExtensions({ deployment, file }: GoodConfig): Extensions {
  const loaded = loadExtensions(deployment, file, OUR_REGISTRIES);
  if (loaded.ok) return loaded.value;
  throw new UserError(loaded.error.what, loaded.error.remedy);
}

/** Every problem of a deployment that a start would meet short of opening its wires, in one pass. */
export function checkDeployment(
  file: string,
): { ok: true; config: GoodConfig } | { ok: false; problems: readonly ConfigProblem[] } {
  const loaded = readDeployment(file);
  if (!loaded.ok) return loaded;
  const problems = placeProblems(
    readFileSync(file, "utf8"),
    file,
    wholeProblems(loaded, requireExtensions(loaded)),
  );
  return problems.length === 0 ? { ok: true, config: loaded } : { ok: false, problems };
}

/** The same for somebody who is about to start it. */
export function requireRunnable(config: GoodConfig): void {
  const found = wholeProblems(config, requireExtensions(config));
  if (found.length === 0) return;
  let text = "";
  try {
    text = readFileSync(config.file, "utf8");
  } catch {
    // a deployment that was handed over as an object has no text: its problems stand at line 1
  }
  throw problemsError(config.file, placeProblems(text, config.file, found));
}
