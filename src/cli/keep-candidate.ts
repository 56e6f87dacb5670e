import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { codeEntry } from "../core/domain/index.ts";
import type { GoodConfig } from "../node/deployment/index.ts";
import {
  type ArtefactStore,
  type InUse,
  kindOfCandidate,
  openStore,
  ownInUse,
} from "../node/in-use/index.ts";
import { CANDIDATE_KINDS, type CandidateKind, freeze, PART_OF } from "../core/promotion/index.ts";
import { EXIT, type Io, UserError } from "./command.ts";

/** What the file says it is, unless the person says it. */
export function kindOfFile(said: string | undefined, file: string, used: InUse): CandidateKind {
  if (said !== undefined) return kindNamed(said);
  const found = kindOfCandidate(readFileSync(file, "utf8"), used);
  if (typeof found === "string") return found;
  throw new UserError(
    `what ${file} is, is not clear: ${found.unclear}`,
    `say it: --kind ${CANDIDATE_KINDS.join(" or --kind ")}`,
  );
}
export function kindNamed(name: string): CandidateKind {
  const kind = CANDIDATE_KINDS.find((k) => k === name);
  if (kind === undefined)
    throw new UserError(`--kind ${name}`, `choose one of ${CANDIDATE_KINDS.join(", ")}`);
  return kind;
}
export function storeOf(dir: string): ArtefactStore {
  const store = openStore(dir);
  if (store.ok) return store.value;
  throw new UserError(store.error.detail, codeEntry(store.error.code).remedy, EXIT.failed);
}
export function candidateFile(name: string | undefined, io: Io): string {
  if (name === undefined)
    throw new UserError("no candidate given", "name its file, for example head-v2.json");
  const file = resolve(io.cwd, name);
  if (!existsSync(file) || !statSync(file).isFile())
    throw new UserError(`${file} is not there`, "check the path");
  return file;
}

/** Frozen into the node's store, where the shadow reads and verifies it; returns its hash. */
export function keepCandidate(
  name: string | undefined,
  own: GoodConfig,
  dataDir: string,
  kind: string | undefined,
  io: Io,
): string {
  const file = candidateFile(name, io);
  const of = kindOfFile(kind, file, ownInUse(own));
  const parts = { [PART_OF[of]]: readFileSync(file) };
  const frozen = freeze(of, parts);
  const kept = frozen.ok ? storeOf(dataDir).keep(frozen.value, parts) : frozen;
  if (!kept.ok) throw new UserError(kept.error.detail, codeEntry(kept.error.code).remedy);
  return kept.value;
}
