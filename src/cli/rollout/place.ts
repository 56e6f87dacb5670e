import { type FrozenRollout, RolloutFolder } from "../../fleet/index.ts";
import { UserError } from "../command.ts";
import { kinds, required, withDefault, type Values } from "../options/index.ts";

export const placeOption = {
  rollouts: withDefault(kinds.folder, "rollouts", "the centre's folder: plans, receipts, numbers", {
    former: "data",
  }),
} as const;
export const personOptions = {
  as: required(kinds.person, "who decides; stands in the receipt", {
    missing: "nobody named",
    remedy: "say who decides: --as NAME",
  }),
  because: required(kinds.because, "why; stands in the receipt", {
    missing: "no reason given",
    remedy: 'say why: --because "…"; it stands in the receipt',
  }),
} as const;

/** Input of a command about one rollout. */
export interface RolloutInput {
  readonly positionals: readonly string[];
  readonly values: Values<typeof placeOption>;
}

/** The rollout that is named, or the only one there is. */
export function folderOf(input: RolloutInput): RolloutFolder {
  const { rollouts: dataDir } = input.values;
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

export function fleetOf({ fleet, plan }: FrozenRollout): NonNullable<FrozenRollout["fleet"]> {
  if (fleet === null)
    throw new UserError(`${plan.id} is no rollout over a fleet`, "an archive is stopped with `abort`");
  return fleet;
}
