import { resolve } from "node:path";
import { type FrozenRollout, RolloutFolder } from "../../fleet/index.ts";
import { type CommandInput, type Io, UserError } from "../command.ts";
import { text } from "../ledger/place.ts";

export const placeOption = {
  data: { type: "string", help: "the centre's folder: plans, receipts, numbers (default rollouts/)" },
} as const;
export const personOptions = {
  as: { type: "string", help: "who decides; stands in the receipt" },
  because: { type: "string", help: "why; stands in the receipt" },
} as const;

export const dataDirOf = (input: CommandInput, io: Io): string =>
  resolve(io.cwd, text(input, "data") ?? "rollouts");

/** The rollout that is named, or the only one there is. */
export function folderOf(input: CommandInput, io: Io): RolloutFolder {
  const dataDir = dataDirOf(input, io);
  const ids = RolloutFolder.ids(dataDir);
  const [named] = input.positionals;
  const id = named ?? (ids.length === 1 ? ids[0] : undefined);
  if (id !== undefined && ids.includes(id)) return new RolloutFolder(dataDir, id);
  if (ids.length === 0)
    throw new UserError(`no rollout in ${dataDir}`, "make one: cellgate rollout plan FILE");
  throw new UserError(
    named === undefined ? "several rollouts are here" : `there is no rollout ${named}`,
    `name one of ${ids.join(", ")}`,
  );
}

/** A decision needs a name and a reason. */
export function personOf(input: CommandInput): { by: string; reason: string } {
  const [by, reason] = [text(input, "as"), text(input, "because")];
  if (by === undefined || by.trim() === "") throw new UserError("nobody named", "say who decides: --as NAME");
  if (reason === undefined || reason.trim() === "")
    throw new UserError("no reason given", 'say why: --because "…"; it stands in the receipt');
  return { by, reason };
}

export function fleetOf({ fleet, plan }: FrozenRollout): NonNullable<FrozenRollout["fleet"]> {
  if (fleet === null)
    throw new UserError(`${plan.id} is no rollout over a fleet`, "an archive is stopped with `abort`");
  return fleet;
}
