import { readKinematics } from "../core/robot/index.ts";
import { replayTrials } from "../core/cell/pipeline/index.ts";
import type { ReceiptBodyOf } from "../core/domain/index.ts";
import { requireReceiptsOf } from "./action-receipts.ts";
import { command, EXIT, UserError } from "./command.ts";
import { filesBeside, requireDeployment } from "./config.ts";
import { explainLines, type Written } from "./explain-print.ts";
import { dataOption, jsonOption } from "./ledger/place.ts";
import { flag, kinds, optional } from "./options/index.ts";

export const explainCommand = command({
  words: ["explain"],
  summary: "who asked for an action, why its verdict, what came of it, every number; from the ledger alone",
  takes: "<action>",
  example: "cellgate explain pick-17",
  options: {
    short: flag("the story alone, without every number of every receipt"),
    since: optional(kinds.instant, "look only at receipts from this time on; faster in a large ledger"),
    rerun: optional(
      kinds.deploymentFile,
      "run the trials again with this deployment and compare them with the receipts",
    ),
    ...dataOption,
    ...jsonOption,
  },
  async run(input, io) {
    const id = input.positionals[0] ?? "";
    const written = requireReceiptsOf(input.positionals[0], input);
    const reruns = rerunsOf(written, input.values.rerun);
    if (input.values.json) io.out(JSON.stringify({ action_id: id, receipts: written, reruns }));
    else {
      const short = input.values.short;
      for (const line of explainLines(id, written, { short, columns: io.columns })) io.out(line);
      for (const { line } of reruns) io.out(line);
    }
    return reruns.every((r) => r.same) ? EXIT.ok : EXIT.found;
  },
});

interface Rerun {
  readonly receipt_id: string;
  readonly same: boolean;
  readonly line: string;
}

/** The trials of the receipts once more, with the deployment that a person names; its hash must be theirs. */
function rerunsOf(written: readonly Written[], file: string | undefined): Rerun[] {
  if (file === undefined) return [];
  const config = requireDeployment(file);
  const { urdf } = filesBeside(config);
  const kinematics = readKinematics(config.deployment.robot, urdf);
  if (!kinematics.ok) throw new UserError(kinematics.error, "correct robot.kinematics");
  const setting = { deployment: config.deployment, kinematics: kinematics.value };
  const request = written.find(
    (w) =>
      (w.body.receipt_type === "gate_decision" || w.body.receipt_type === "block") && "args" in w.body.terms,
  )?.body;
  if (request?.receipt_type !== "gate_decision" && request?.receipt_type !== "block") return [];
  return written.flatMap(({ id, body }) =>
    body.receipt_type === "monte_carlo" ? [rerun(id, body, request.terms, config.hash, setting)] : [],
  );
}

function rerun(
  id: string,
  batch: ReceiptBodyOf<"monte_carlo">,
  request: ReceiptBodyOf<"block">["terms"],
  configHash: string,
  setting: Parameters<typeof replayTrials>[2],
): Rerun {
  const no = (why: string): Rerun => ({ receipt_id: id, same: false, line: `rerun ${id}: ${why}` });
  if (batch.terms["config_hash"] !== configHash) return no("the deployment is not the one of the receipt");
  const again = replayTrials(batch, request, setting);
  if (!again.ok) return no(again.error);
  const { n, safe, variance, meanOutcome } = again.value;
  if (batch.terms["outcome"] !== "done")
    return {
      receipt_id: id,
      same: true,
      line: `rerun ${id}: the batch did not end then (${String(batch.terms["outcome"])}); now ${safe} of ${n} safe`,
    };
  const same =
    n === batch.n_simulations &&
    safe === batch.terms["safe"] &&
    variance === batch.variance &&
    meanOutcome === batch.mean_outcome;
  return {
    receipt_id: id,
    same,
    line: `rerun ${id}: ${safe} of ${n} safe, variance ${variance}: ${same ? "bit for bit the same" : "NOT the same"}`,
  };
}
