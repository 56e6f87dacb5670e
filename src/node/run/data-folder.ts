import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasWriter } from "../../edge/ledger/index.ts";
import { EXIT, UserError } from "../../core/base/user-error.ts";
import { troubleWith } from "../../core/base/trouble-with.ts";

const SIMULATED_MARK = ".simulated";

/** what decides motion or who may act; the folder itself stands for the rest */
const TRUSTED = [
  "",
  "ledger",
  "ledger/keys",
  "ledger/latched",
  "gate",
  "gate/stage",
  "promotion",
  "operators",
  "personal-tokens.json",
];

/**
 * Whoever owns the folder, or one in it, can put latches, tokens and receipts there: it has to be the user of this node. What the
 * system's own user made there (a command with sudo) is no attack; it cannot be read, and the node comes up blocked.
 */
function refuseForeign(folder: string): void {
  const own = process.geteuid?.();
  if (own === undefined) return;
  for (const name of TRUSTED) {
    const path = join(folder, name);
    const owner = ownerOf(path);
    if (owner === null || owner === own || (name !== "" && owner === 0)) continue;
    throw new UserError(
      `${name === "" ? "the data folder " : ""}${path} belongs to another user`,
      "start the node as that user, or give it a folder of its own with --data DIR",
    );
  }
}
/** null: it is not there, or cannot be looked at */
function ownerOf(path: string): number | null {
  try {
    return statSync(path).uid;
  } catch {
    return null;
  }
}

/**
 * The node's folder. A simulated run without a folder of its own starts from a clean sheet, so that a seed
 * gives the same receipts each time; it never touches a folder that a real cell has written or a node uses.
 */
export function prepareDataFolder(folder: string, run: "real" | "simulated" | "clean sheet"): void {
  refuseForeign(folder);
  const marked = existsSync(join(folder, SIMULATED_MARK));
  const cleanSheet = run === "clean sheet";
  if (run === "real" && marked)
    throw new UserError(
      `${folder} was made by a simulated run, and the next one would empty it`,
      "remove it, or give the real cell a folder of its own with --data DIR",
    );
  if (cleanSheet && existsSync(folder)) {
    if (hasWriter(folder))
      throw new UserError(
        `another node is running on ${folder}`,
        "stop it (Ctrl-C there), or give this run a folder of its own with --data DIR",
        EXIT.failed,
      );
    if (readdirSync(folder).length > 0 && !marked)
      throw new UserError(
        `${folder} holds the receipts of a real cell`,
        "give the simulated run a folder of its own with --data DIR",
      );
    rmSync(folder, { recursive: true, force: true });
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (cleanSheet)
      writeFileSync(
        join(folder, SIMULATED_MARK),
        "made by a simulated run; the next one empties this folder\n",
      );
  } catch (cause) {
    // a real cell comes up all the same, blocked, and says that its ledger cannot be opened
    if (run === "real") return;
    throw new UserError(
      `the data folder ${folder} cannot be written: ${troubleWith(cause)}`,
      "give a folder that you may write with --data DIR",
    );
  }
}
