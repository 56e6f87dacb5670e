import { ackCommand } from "./ack.ts";
import { APPROVALS_COMMANDS } from "./approvals.ts";
import { auditCommand } from "./audit.ts";
import type { Chapter, Command } from "./command.ts";
import { commissionCommand } from "./commission.ts";
import { completionCommand } from "./completion.ts";
import { PROMOTE_COMMANDS } from "./promote.ts";
import { configCheckCommand, configSchemaCommand, configShowCommand } from "./config.ts";
import { DEVICES_COMMANDS } from "./devices.ts";
import { diffCommand } from "./diff.ts";
import { docsCommand } from "./docs.ts";
import { doctorCommand } from "./doctor.ts";
import { explainCommand } from "./explain.ts";
import { evaluateCommand } from "./evaluate.ts";
import { featuresExplainCommand, featuresListCommand } from "./features.ts";
import { headImportCommand, headShowCommand, headVerifyCommand } from "./head.ts";
import { importNav2Command } from "./import.ts";
import { inspectCommand } from "./inspect.ts";
import { initCommand } from "./init/init.ts";
import { killCommand } from "./kill.ts";
import { limitsSignCommand, limitsVerifyCommand } from "./limits.ts";
import { mqttDescribeCommand, senderCommand } from "./mqtt.ts";
import { priceCommand } from "./price.ts";
import { proposeCommand } from "./propose.ts";
import { queryCommand } from "./query.ts";
import { recoverCommand } from "./recover.ts";
import { replayCommand } from "./replay.ts";
import { resetCommand } from "./reset.ts";
import { resumeCommand } from "./resume.ts";
import { LEDGER_COMMANDS } from "./ledger/index.ts";
import { ROLLOUT_COMMANDS } from "./rollout/index.ts";
import { runCommand, startCommand } from "./run.ts";
import { SIM_COMMANDS } from "./sim/index.ts";
import { SHADOW_COMMANDS } from "./shadow.ts";
import { STAGE_COMMANDS } from "./stage.ts";
import { statusCommand } from "./status.ts";
import { TOKEN_COMMANDS } from "./token.ts";
import { trainCommand } from "./train.ts";
import { whatifCommand } from "./whatif.ts";

/** Every command, in the order of the overview. */
export const CHAPTERS: readonly Chapter[] = [
  {
    title: "Watch over a cell",
    commands: [startCommand, runCommand, statusCommand, resetCommand, resumeCommand, ackCommand, killCommand],
  },
  {
    title: "Actions and their verdicts",
    commands: [proposeCommand, ...APPROVALS_COMMANDS, explainCommand, whatifCommand, ...STAGE_COMMANDS],
  },
  {
    title: "Recordings",
    commands: [inspectCommand, replayCommand, diffCommand, priceCommand, queryCommand, recoverCommand],
  },
  {
    title: "Settings of a cell",
    commands: [
      initCommand,
      commissionCommand,
      configCheckCommand,
      configShowCommand,
      configSchemaCommand,
      importNav2Command,
      limitsVerifyCommand,
      limitsSignCommand,
      ...DEVICES_COMMANDS,
      mqttDescribeCommand,
      senderCommand,
    ],
  },
  { title: "Receipts", commands: LEDGER_COMMANDS },
  { title: "Simulator", commands: SIM_COMMANDS },
  {
    title: "Risk energy V_s",
    commands: [
      featuresListCommand,
      featuresExplainCommand,
      trainCommand,
      evaluateCommand,
      headShowCommand,
      headVerifyCommand,
      headImportCommand,
    ],
  },
  { title: "Change what is in use", commands: [...PROMOTE_COMMANDS, ...SHADOW_COMMANDS] },
  { title: "More than one cell", commands: [auditCommand, ...ROLLOUT_COMMANDS] },
  {
    title: "This machine",
    commands: [...TOKEN_COMMANDS, doctorCommand, docsCommand, completionCommand(() => CHAPTERS)],
  },
];
export const COMMANDS: readonly Command[] = CHAPTERS.flatMap((chapter) => chapter.commands);
