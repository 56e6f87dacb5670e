import { readKinematics } from "../core/robot/index.ts";
import { replayTrials } from "../core/cell/pipeline/index.ts";
import { err, ok, type Result } from "../core/base/result.ts";
import type { Deployment, ReceiptBodyOf } from "../core/domain/index.ts";
import { keptConfig } from "../node/index.ts";
import { requireReceiptsOf } from "./action-receipts.ts";
import { command, EXIT, UserError } from "./command.ts";
import { filesBeside, requireDeployment } from "./config.ts";
import { explainLines, type Written } from "./explain-print.ts";
import { dataOption, jsonOption, ledgerPlace } from "./ledger/place.ts";
import { flag, kinds, optional } from "./options/index.ts";

export const explainCommand = command({
  words: ["explain"],
  summary: "who asked for an action, why its verdict, what came of it, every number; from the ledger alone",
  takes: "<action> [deployment.yaml]",
  example: "cellgate explain pick-17",
  options: {
    short: flag("the story alone, without every number of every receipt"),
    since: optional(kinds.instant, "look only at receipts from this time on; faster in a large ledger"),
    rerun: flag(
      "run the trials again and compare them with the receipts; the configuration is found by its hash, or name a file",
    ),
    ...dataOption,
    ...jsonOption,
  },
  async run(input, io) {
    const id = input.positionals[0] ?? "";
    const written = requireReceiptsOf(input.positionals[0], input);
    const reruns = input.values.rerun
      ? rerunsOf(written, settingsOf(input.positionals[1], ledgerPlace(input)))
      : [];
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

type Setting = Parameters<typeof replayTrials>[2];
/** What a batch of this configuration was judged with, or why that is not known. */
type SettingOf = (configHash: string) => Result<Setting, string>;

/** With a file that a person names, or with what the node kept beside its ledger; either must have the receipt's hash. */
function settingsOf(file: string | undefined, dataDir: string): SettingOf {
  if (file === undefined)
    return (hash) => {
      const kept = keptConfig(dataDir, hash);
      if (!kept.ok) return err(`the configuration of the receipt: ${kept.error}; name the deployment file`);
      return settingFrom(kept.value.deployment, (name) => kept.value.files.get(name));
    };
  const config = requireDeployment(file);
  const { urdf } = filesBeside(config);
  const setting = settingFrom(config.deployment, () => urdf);
  if (!setting.ok) throw new UserError(setting.error, "correct robot.kinematics");
  return (hash) => (hash === config.hash ? setting : err("the deployment is not the one of the receipt"));
}
function settingFrom(
  deployment: Deployment,
  textOf: (name: string) => string | undefined,
): Result<Setting, string> {
  const named = deployment.robot.kinematics;
  const kinematics = readKinematics(deployment.robot, "urdf" in named ? textOf(named.urdf) : undefined);
  return kinematics.ok ? ok({ deployment, kinematics: kinematics.value }) : err(kinematics.error);
}

/** The trials of the receipts once more; those of a plan's step with the request of that step. */
function rerunsOf(written: readonly Written[], settingOf: SettingOf): Rerun[] {
  return written.flatMap(({ id, body }) => {
    if (body.receipt_type !== "monte_carlo") return [];
    const request = written.find(
      (w) =>
        (w.body.receipt_type === "gate_decision" || w.body.receipt_type === "block") &&
        w.body.action_id === body.action_id &&
        "args" in w.body.terms,
    )?.body;
    if (request?.receipt_type !== "gate_decision" && request?.receipt_type !== "block") return [];
    return [rerun(id, body, request.terms, settingOf)];
  });
}

function rerun(
  id: string,
  batch: ReceiptBodyOf<"monte_carlo">,
  request: ReceiptBodyOf<"block">["terms"],
  settingOf: SettingOf,
): Rerun {
  const no = (why: string): Rerun => ({ receipt_id: id, same: false, line: `rerun ${id}: ${why}` });
  const setting = settingOf(String(batch.terms["config_hash"]));
  if (!setting.ok) return no(setting.error);
  const again = replayTrials(batch, request, setting.value);
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
