import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { UserError, EXIT } from "../../core/base/user-error.ts";
import { codeEntry } from "../../core/domain/index.ts";
import { CANDIDATE_KINDS, type CandidateKind, freeze, PART_OF } from "../../core/promotion/index.ts";
import type { GoodConfig } from "../deployment/index.ts";
import { type InUse, openStore, ownInUse } from "./in-use.ts";
import { kindOfCandidate } from "./kind-of.ts";
import type { ArtefactStore } from "./store.ts";

/** What the file says it is, unless the person says it. */
export function kindOfFile(said: CandidateKind | undefined, file: string, used: InUse): CandidateKind {
  if (said !== undefined) return said;
  const found = kindOfCandidate(readFileSync(file, "utf8"), used);
  if (typeof found === "string") return found;
  throw new UserError(
    `what ${file} is, is not clear: ${found.unclear}`,
    `say it: --kind ${CANDIDATE_KINDS.join(" or --kind ")}`,
  );
}
/** The store of artefacts in a node's folder. */
export function requireStore(dir: string): ArtefactStore {
  const store = openStore(dir);
  if (store.ok) return store.value;
  throw new UserError(store.error.detail, codeEntry(store.error.code).remedy, EXIT.failed);
}
/** The full path of a candidate's file; relative ones count from `folder`. */
export function candidateFile(name: string | undefined, folder: string): string {
  if (name === undefined)
    throw new UserError("no candidate given", "name its file, for example head-v2.json");
  const file = resolve(folder, name);
  if (!existsSync(file) || !statSync(file).isFile())
    throw new UserError(`${file} is not there`, "check the path");
  return file;
}

/** Frozen into the node's store, where the shadow reads and verifies it; returns its hash. */
export function keepCandidate(
  file: string,
  own: GoodConfig,
  dataDir: string,
  kind: CandidateKind | undefined,
): string {
  const of = kindOfFile(kind, file, ownInUse(own));
  const parts = { [PART_OF[of]]: readFileSync(file) };
  const frozen = freeze(of, parts);
  const kept = frozen.ok ? requireStore(dataDir).keep(frozen.value, parts) : frozen;
  if (!kept.ok) throw new UserError(kept.error.detail, codeEntry(kept.error.code).remedy);
  return kept.value;
}
