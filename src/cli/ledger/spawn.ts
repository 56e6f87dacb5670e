import { spawnRoot } from "../../core/cell/pipeline/index.ts";
import type { ReceiptBodyOf } from "../../core/domain/index.ts";
import { requireReceiptsOf } from "../action-receipts.ts";
import { command, EXIT, UserError } from "../command.ts";
import type { Written } from "../explain-print.ts";
import { kinds, optional } from "../options/index.ts";
import { dataOption, jsonOption } from "./place.ts";

interface Checked {
  readonly receipt_id: string;
  readonly merkle_root: string;
  readonly again: string;
  readonly same: boolean;
  readonly leaves: readonly { readonly id: string; readonly what: string }[];
  readonly missing: readonly string[];
}

export const ledgerSpawnCommand = command({
  words: ["ledger", "spawn"],
  summary: "the helpers of an action: their findings, and the Merkle root over them computed again",
  takes: "<action>",
  example: "cellgate ledger spawn pick-17",
  options: {
    since: optional(kinds.instant, "look only at receipts from this time on; faster in a large ledger"),
    ...dataOption,
    ...jsonOption,
  },
  async run(input, io) {
    const id = input.positionals[0];
    const written = requireReceiptsOf(id, input);
    const spawns = written.filter(isSpawn).map((spawn) => check(spawn, written));
    if (spawns.length === 0)
      throw new UserError(
        `no helpers were wanted for "${id}"`,
        "`cellgate explain` shows what was",
        EXIT.found,
      );
    if (input.values.json) io.out(JSON.stringify({ action_id: id, spawns }));
    else for (const line of spawns.flatMap(linesOf)) io.out(line);
    return spawns.every((s) => s.same) ? EXIT.ok : EXIT.found;
  },
});

type Spawned = Written & { readonly body: ReceiptBodyOf<"spawn"> };
const isSpawn = (one: Written): one is Spawned => one.body.receipt_type === "spawn";

/** The leaves are the bodies of the receipts that the spawn names, in that order. */
function check({ id, body }: Spawned, written: readonly Written[]): Checked {
  const named = body.leaves ?? [];
  const leaves = named.flatMap((leaf) => written.find((one) => one.id === leaf) ?? []);
  const again = spawnRoot(leaves.map((leaf) => leaf.body));
  return {
    receipt_id: id,
    merkle_root: body.merkle_root,
    again,
    same: body.leaves !== undefined && again === body.merkle_root,
    leaves: leaves.map((leaf) => ({ id: leaf.id, what: whatOf(leaf) })),
    missing: named.filter((leaf) => !leaves.some((one) => one.id === leaf)),
  };
}

function whatOf({ body }: Written): string {
  if (body.receipt_type === "finding") return `finding ${body.kind}: ${body.outcome}`;
  if (body.receipt_type === "wound")
    return `wound ${body.wound_index}: ${body.confidence_before} → ${body.confidence_after}`;
  return body.receipt_type;
}

function linesOf(spawn: Checked): string[] {
  return [
    `spawn ${spawn.receipt_id}`,
    ...spawn.leaves.map(({ id, what }) => `  ${id.padEnd(14)} ${what}`),
    ...spawn.missing.map((id) => `  ${id.padEnd(14)} not in the ledger`),
    `  root in the receipt  ${spawn.merkle_root}`,
    `  computed again       ${spawn.again}: ${spawn.same ? "the same" : "NOT the same"}`,
  ];
}
