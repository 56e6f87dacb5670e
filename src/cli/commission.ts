import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { z } from "zod";
import { ed25519Key, signatureHolds } from "../edge/keys/index.ts";
import { commission, type CommissionEnd, type Doer } from "../node/commission/index.ts";
import { requireDeployment } from "../node/run/index.ts";
import { command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { flag, kinds, optional, several, withDefault } from "./options/index.ts";

const REPEATS = "10";
const options = {
  as: optional(kinds.person, "the operator of the deployment who carries it out"),
  data: optional(kinds.nodeFolder, "folder for results, ledger and report (default: commissioning)"),
  repeats: withDefault(
    kinds.count(1_000),
    REPEATS,
    "how often each step is taken; fewer than 10 prove nothing",
  ),
  only: optional(kinds.named("WORD", "part of a step's name"), "only steps whose name contains this"),
  simulate: flag("against the simulated cell, which does what a person would"),
  fault: several(
    kinds.named("PART=KIND@TIME", "a fault, as in `cellgate run --simulate`"),
    "with --simulate, what goes wrong",
  ),
  seed: optional(kinds.seed, "seed of the simulated cell"),
  verify: optional(kinds.file, "check the signature of a report instead", { as: "report.html" }),
  json: flag("one JSON object at the end"),
} as const;
type Input = CommandInput<typeof options>;

export const commissionCommand = command({
  words: ["commission"],
  summary: "guided acceptance at the machine: tries each guard, measures stops, writes the signed report",
  takes: "<deployment.yaml>",
  example: "cellgate commission cell.yaml --as shift_lead",
  options,
  run: (input, io) =>
    input.values.verify === undefined ? guide(input, io) : Promise.resolve(verified(input.values.verify, io)),
});

async function guide({ positionals, values }: Input, io: Io): Promise<number> {
  const config = requireDeployment(positionals[0]);
  const as = values.as ?? config.deployment.operators.find((o) => o.roles.includes("reset"))?.name;
  if (as === undefined || !config.deployment.operators.some((o) => o.name === as))
    throw new UserError(
      as === undefined ? "the deployment names no operator who may reset" : `no operator is called "${as}"`,
      "add one under `operators:`, or name one with --as",
    );
  if (values.fault.length > 0 && !values.simulate)
    throw new UserError("--fault needs --simulate", "a fault is made in a simulated cell only");
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort("interrupted"));
  const person = values.simulate ? null : personAt(io);
  try {
    const end = await commission({
      deployment: positionals[0]!,
      dataDir: values.data ?? resolve(io.cwd, values.simulate ? "commissioning-simulated" : "commissioning"),
      as,
      repeats: values.repeats,
      simulate: values.simulate,
      faults: values.fault,
      only: values.only,
      ...(values.seed !== undefined && { seed: values.seed }),
      doer: person?.doer ?? null,
      signal: stop.signal,
      say: (line) => io.err(line),
    });
    return said(end, values.json, io);
  } finally {
    person?.close();
  }
}

function said(end: CommissionEnd, json: boolean, io: Io): number {
  if (json) io.out(JSON.stringify(end));
  else {
    io.out(
      `${end.done} steps done, ${end.left} left${end.failed.length === 0 ? "" : `, not passed: ${end.failed.join(", ")}`}`,
    );
    io.out(`Report: ${end.report} (print it, or save it as PDF), signature ${end.signature}`);
    if (end.left > 0) io.out("Go on with the same command: finished steps are kept.");
  }
  return end.failed.length === 0 && end.left === 0 ? EXIT.ok : EXIT.found;
}

/** A person who reads prompts and presses Enter once nobody is inside and everything is released. */
function personAt(io: Io): { doer: Doer; close(): void } {
  if (!io.interactive)
    throw new UserError(
      "commissioning needs a person at a terminal",
      "add --simulate to try it without a machine",
    );
  const lines = createInterface({ input: process.stdin });
  let entered = 0;
  let asked = false;
  lines.on("line", () => entered++);
  return {
    close: () => lines.close(),
    doer: {
      prepare({ id, kind, prompt }, done, of) {
        io.out("");
        io.out(`${id} (${of} times${done > 0 ? `, ${done} done` : ""})`);
        if (kind === "speed") io.out(`  ${prompt}`);
      },
      clear() {
        if (!asked) {
          entered = 0;
          io.out("  Nobody inside, everything released? Enter: reset and resume.");
        }
        asked = entered === 0;
        return entered > 0;
      },
      act({ prompt }) {
        asked = false;
        io.out(`  Now: ${prompt}`);
      },
      undo: ({ undo }) => void (undo !== "" && io.out(`  Seen. Now: ${undo}`)),
    },
  };
}

const signedReport = z.strictObject({
  schema: z.literal("cellgate.signed-report/1"),
  sha256: z.string(),
  public_key: z.string(),
  signature: z.string(),
});
/** Says whether a report is as it was signed, and by which key; whose key that is, a person compares. */
function verified(file: string, io: Io): number {
  const path = resolve(io.cwd, file);
  if (!existsSync(path) || !existsSync(`${path}.sig`))
    throw new UserError(`${file} or ${file}.sig is not there`, "both belong together");
  const html = readFileSync(path);
  const read = signedReport.safeParse(JSON.parse(readFileSync(`${path}.sig`, "utf8")));
  if (!read.success)
    throw new UserError(`${file}.sig is no signature of a report`, "take the one that was written beside it");
  const key = ed25519Key(read.data.public_key);
  const same = createHash("sha256").update(html).digest("hex") === read.data.sha256;
  if (key === null || !same || !signatureHolds(key, html, read.data.signature)) {
    io.out(`${file} is not as it was signed`);
    return EXIT.found;
  }
  io.out(
    `${file} is as it was signed, by ${read.data.public_key}; compare it with the key of the cell (cellgate ledger key)`,
  );
  return EXIT.ok;
}
