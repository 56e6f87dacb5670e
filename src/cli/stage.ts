import type { NodeStatus } from "../core/domain/index.ts";
import { command, type Command, EXIT, type Io, UserError } from "./command.ts";
import {
  connectToNode,
  type ControlInput,
  controlOptions,
  type NodeClient,
  sayOutcome,
} from "./control-client.ts";

const { data, as, url, json } = controlOptions;
const STAGE_WORDS = [
  "shadow: everything is judged and written, nothing is let through",
  "YELLOW only: what is not RED runs, always watched; a RED is final",
  "full gate: a RED waits for a person",
  "Monte Carlo: GREEN is possible; a verdict without trials is RED",
  "auto-spawn: helpers start by themselves",
];

export const stageShowCommand = command({
  words: ["stage", "show"],
  summary: "in which deployment stage the gate is, and what speaks for the next one",
  example: "cellgate stage show",
  options: { data, as, url, json },
  async run(input, io) {
    const { gate } = await readStatus(connectToNode(input));
    if (input.values.json)
      io.out(
        JSON.stringify({
          stage: gate.stage,
          enforced: gate.enforced,
          features: gate.features,
          evidence: gate.evidence,
        }),
      );
    else showStage(gate, io);
    return EXIT.ok;
  },
});

export const stageAdvanceCommand = command({
  words: ["stage", "advance"],
  summary: "go one stage further, when the evidence carries it",
  example: 'cellgate stage advance --because "two weeks of shadow, no disagreement"',
  options: controlOptions,
  run: (input, io) => move(1, input, io),
});

export const stageBackCommand = command({
  words: ["stage", "back"],
  summary: "go back one stage, or to the one that is named; always possible",
  takes: "[STAGE]",
  example: "cellgate stage back 0",
  options: controlOptions,
  run: (input, io) => move(-1, input, io),
});

export const STAGE_COMMANDS: readonly Command[] = [stageShowCommand, stageAdvanceCommand, stageBackCommand];

function showStage(gate: NodeStatus["gate"], io: Io): void {
  STAGE_WORDS.forEach((words, stage) => io.out(`${stage === gate.stage ? "▶" : " "} ${stage}  ${words}`));
  for (const [name, on] of Object.entries(gate.features ?? {})) io.out(`    ${name} ${on ? "on" : "off"}`);
  for (const line of evidenceLines(gate.evidence ?? {})) io.out(line);
  if (gate.stage >= STAGE_WORDS.length - 1) return;
  io.out(
    gate.evidence?.["sufficient"] === true
      ? '  → the next stage may be entered: cellgate stage advance --because "…"'
      : "  → the next stage waits for the lines marked ✗; every number counts from the last switch or start",
  );
}

/** What was measured at this stage beside what the next one asks for. */
function evidenceLines(evidence: Readonly<Record<string, number | boolean>>): string[] {
  const of = (key: string): number => (typeof evidence[key] === "number" ? evidence[key] : Number.NaN);
  const line = (fits: boolean, what: string, value: string, needed: string): string =>
    `  ${fits ? "✓" : "✗"} ${what.padEnd(48)} ${value.padStart(8)}   ${needed}`;
  return [
    line(
      of("decisions") >= of("decisionsNeeded"),
      "decisions judged at this stage",
      of("decisions").toFixed(0),
      `at least ${of("decisionsNeeded")}`,
    ),
    line(
      of("disagreementUpper") <= of("disagreementAllowed"),
      `cell stopped in ${of("disagreements")} of ${of("ended")} passed actions, so at most`,
      of("disagreementUpper").toFixed(4),
      `at most ${of("disagreementAllowed")} (95 % bound)`,
    ),
    line(
      of("latencyP99Ms") <= of("latencyAllowedMs"),
      "verdict latency p99, ms",
      of("latencyP99Ms").toFixed(0),
      `at most ${of("latencyAllowedMs")}`,
    ),
  ];
}

async function move(
  direction: 1 | -1,
  input: ControlInput & { readonly positionals: readonly string[] },
  io: Io,
): Promise<number> {
  const node = connectToNode(input);
  const reason = input.values.because ?? "";
  if (direction > 0 && reason.trim() === "")
    throw new UserError("advancing needs a reason", 'say why: --because "…"; it stands in the receipt');
  const { gate } = await readStatus(node);
  const named = input.positionals[0];
  const stage = named === undefined ? gate.stage + direction : Number(named);
  if (!Number.isInteger(stage) || stage < 0 || stage >= STAGE_WORDS.length)
    throw new UserError(`there is no stage ${named ?? stage}`, "stages are 0 to 4");
  if (direction < 0 && stage >= gate.stage)
    throw new UserError(
      `stage ${stage} is not before the present stage ${gate.stage}`,
      "use `cellgate stage advance` to go on",
    );
  return sayOutcome(
    await node.post("/v1/stage", { stage }),
    `The gate is in stage ${stage}: ${STAGE_WORDS[stage]!}.`,
    input,
    io,
  );
}

async function readStatus(node: NodeClient): Promise<NodeStatus> {
  const answer = await node.get("/v1/status");
  if (answer.status !== 200)
    throw new UserError(
      `the node does not tell its status: ${answer.status}`,
      "check the token and the data folder",
      EXIT.failed,
    );
  return answer.body as unknown as NodeStatus;
}
