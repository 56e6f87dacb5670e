import { fileURLToPath } from "node:url";
import { CELL_FAULTS, FAULT_SYNTAX, NAMED } from "../../sim/index.ts";
import { runNode } from "../fleet/index.ts";
import type { NodeLife, RunFollower, RunRequest } from "../node/run/index.ts";
import { command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { flag, kinds, optional, several, withDefault } from "./options/index.ts";
import { deploymentFor } from "./config.ts";
import { sayGoodbye, watchAsJson, watchAsLines, watchOnScreen } from "./run-watch.ts";
import { startServiceNotify } from "./service-notify.ts";

const DEMO_FILE = fileURLToPath(new URL("../../launch/demo-cell.yaml", import.meta.url));

const options = {
  for: optional(kinds.duration(), "length of the run: 20s, 5m, 1h (simulated time in a simulated cell)"),
  seed: optional(
    kinds.seed,
    "seed of all randomness; the same seed gives the same digest in a simulated cell",
  ),
  tape: optional(
    kinds.file,
    "record everything that enters the cell into this MCAP file; after 256 MiB FILE-00002.mcap follows, and so on; the newest 2 GiB are kept",
    {
      as: "out.mcap",
    },
  ),
  data: optional(
    kinds.nodeFolder,
    "folder for ledger, keys and tokens (default: data; a simulated run empties its default folder first)",
  ),
  speed: withDefault(
    kinds.choice(["1", "max"]),
    "1",
    "1: real time; max: as fast as the machine; simulated cells only",
  ),
  scenario: optional(
    kinds.named("NAME", "the name of a scenario", Object.keys(NAMED)),
    "what happens in a simulated cell, instead of the deployment's scenario: idle (nobody comes), walk-in, …; `cellgate sim list` names them",
  ),
  simulate: flag(
    "your own cell in a simulated world, before a wire is connected: its robot, mounts, zones and rules; people walk",
  ),
  fault: several(
    kinds.named("PART=KIND@TIME", `a fault: ${FAULT_SYNTAX}`),
    `with --simulate, what goes wrong: ${FAULT_SYNTAX}; kinds: ${Object.keys(CELL_FAULTS).join(", ")}`,
  ),
  shadow: optional(
    kinds.file,
    "a candidate that listens beside the cell and moves nothing: head, calibration, rules, gate or policy file",
  ),
  port: optional(kinds.port, "port of the page instead of the deployment's; 0: any free one"),
  json: flag("JSON lines instead of the live picture; the last one carries the digest"),
} as const;
type RunInput = CommandInput<typeof options>;

export const runCommand = command({
  words: ["run"],
  summary: "watch over the cell of a deployment file",
  takes: "<deployment.yaml>",
  example: "cellgate run launch/demo-cell.yaml --for 20s --seed 7 --speed max --json",
  options,
  ros: true,
  run: (input, io) => run(input.positionals[0], input, io),
});
export const startCommand = command({
  words: ["start"],
  summary: "the main job: protect the simulated demonstration cell (what npm start runs)",
  example: "npm start -- --for 15s --seed 7",
  options,
  // whoever names a scenario or a file wants that alone
  run: (input, io) =>
    input.positionals[0] !== undefined || input.values.scenario !== undefined
      ? run(input.positionals[0] ?? DEMO_FILE, input, io)
      : run(DEMO_FILE, input, io, { planner: true }),
});

/** What the command line asks for, as the library takes it. */
function requestOf({ values }: RunInput, io: Io): Omit<RunRequest, "deployment"> {
  const { for: length, seed, scenario, tape, data: dataDir, port, shadow, simulate, fault } = values;
  if (fault.length > 0 && !simulate)
    throw new UserError("--fault needs --simulate", "a fault is made in a simulated cell only");
  return {
    cwd: io.cwd,
    speed: values.speed === "max" ? "max" : 1,
    ...(length !== undefined && { lengthMs: length / 1_000 }),
    ...(seed !== undefined && { seed }),
    ...(scenario !== undefined && { scenario }),
    ...(tape !== undefined && { tape }),
    ...(dataDir !== undefined && { dataDir }),
    ...(port !== undefined && { port }),
    ...(shadow !== undefined && { shadow }),
    ...(simulate && { simulate: { faults: fault } }),
  };
}

async function run(
  file: string | undefined,
  input: RunInput,
  io: Io,
  more: Pick<RunRequest, "planner"> = {},
): Promise<number> {
  const asked = { ...requestOf(input, io), ...more };
  const { json } = input.values;
  const stop = stopOnSignal();
  const end = await runNode({
    ...asked,
    deployment: deploymentFor(file, input.ros, io.cwd),
    signal: stop.signal,
    follow: (life) => followed(life, json, io),
  });
  sayGoodbye(end, json, io);
  return stop.byPerson() ? EXIT.interrupted : EXIT.ok;
}

/** Shows a life as the terminal or a program wants it, and tells the service manager of it. */
async function followed(life: NodeLife, json: boolean, io: Io): Promise<RunFollower> {
  const watch = json ? watchAsJson(life, io) : io.interactive ? watchOnScreen(life) : watchAsLines(life, io);
  const serviceEnds = await startServiceNotify(io.env);
  return {
    ...watch,
    end(ran) {
      serviceEnds();
      watch.end?.(ran);
    },
  };
}

/** A first signal ends the run in order: block, wires, tape, ledger. A second one is left to the system. */
function stopOnSignal() {
  const controller = new AbortController();
  let byPerson = false;
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => {
      byPerson = true;
      controller.abort(name);
    });
  return { signal: controller.signal, byPerson: () => byPerson };
}
