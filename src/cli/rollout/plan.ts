import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { makeFolder } from "../../edge/files/index.ts";
import { readPlanFile, RolloutFolder } from "../../fleet/index.ts";
import { stageTargets } from "../../core/rollout/index.ts";
import { printFindings } from "../audit-print.ts";
import { command, EXIT, UserError } from "../command.ts";
import { jsonOption } from "../ledger/place.ts";
import { auditPlan } from "./audit-plan.ts";
import { placeOption } from "./place.ts";

export const rolloutPlanCommand = command({
  words: ["rollout", "plan"],
  summary: "check, audit and freeze a rollout: 1 → 10 → 100 → all",
  takes: "<plan.yaml>",
  example: "cellgate rollout plan launch/replay-archive.rollout.yaml",
  options: { ...placeOption, ...jsonOption },
  async run(input, io) {
    const [name] = input.positionals;
    if (name === undefined) throw new UserError("no plan given", "name its YAML file");
    const read = readPlanFile(resolve(io.cwd, name));
    if (!read.ok) throw new UserError(read.error.what, read.error.remedy);
    const { plan, hash } = read.value;
    const { rollouts: dataDir } = input.values;
    makeFolder(dataDir);
    const folder = new RolloutFolder(dataDir, plan.id);
    if (folder.exists && folder.plan().hash !== hash)
      throw new UserError(
        `${plan.id} was planned before, with other content`,
        "a changed plan is a new rollout: give it another name",
      );
    const result = auditPlan(read.value, dataDir);
    if (!folder.exists && result.passed) folder.freeze(read.value);
    const stages = stageTargets(plan.cells.length);
    if (input.values.json)
      io.out(JSON.stringify({ id: plan.id, hash, stages, caps: plan.caps, audit: result }));
    else {
      io.out(
        `${plan.id}: ${plan.automation}, ${stages.join(" → ")}, in runs of at most ${plan.caps.itemsPerRun}`,
      );
      printFindings(result, io);
      const key = read.value.fleet?.keyFile;
      if (key !== undefined && !existsSync(key))
        io.err(
          `${key} is not there: without it nothing starts, and nobody can kill the fleet from here\n  → cellgate rollout keys FILE`,
        );
      if (result.passed) io.out(`\nStart it: cellgate rollout start ${plan.id} --as NAME --because "…"`);
    }
    return result.passed ? EXIT.ok : EXIT.found;
  },
});
