import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "./command.ts";

const SIMULATED_MARK = ".simulated";

/**
 * The node's folder. A simulated run without a folder of its own starts from a clean sheet, so that a seed
 * gives the same receipts each time; it never touches a folder that a real cell has written.
 */
export function prepareDataFolder(folder: string, cleanSheet: boolean): void {
  if (cleanSheet && existsSync(folder)) {
    const used = readdirSync(folder).length > 0;
    if (used && !existsSync(join(folder, SIMULATED_MARK)))
      throw new UserError(
        `${folder} holds the receipts of a real cell`,
        "give the simulated run a folder of its own with --data DIR",
      );
    rmSync(folder, { recursive: true, force: true });
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (cleanSheet)
    writeFileSync(
      join(folder, SIMULATED_MARK),
      "made by a simulated run; the next one empties this folder\n",
    );
}
