import { fileURLToPath } from "node:url";
import { runNode } from "../fleet/index.ts";
import type { NodeLife, RunFollower, RunRequest } from "../node/run/index.ts";
import { type Command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { sayGoodbye, watchAsJson, watchAsLines, watchOnScreen } from "./run-watch.ts";
import { startServiceNotify } from "./service-notify.ts";

const DEMO_FILE = fileURLToPath(new URL("../../launch/demo-cell.yaml", import.meta.url));

const options = {
  for: { type: "string", help: "length of the run: 20s, 5m, 1h (simulated time in a simulated cell)" },
  seed: {
    type: "string",
    help: "seed of all randomness; the same seed gives the same digest in a simulated cell",
  },
  tape: { type: "string", help: "record everything that enters the cell into this MCAP file" },
  data: {
    type: "string",
    help: "folder for ledger, keys and tokens (default: data; a simulated run empties its default folder first)",
  },
  speed: {
    type: "string",
    help: "1: real time (default); max: as fast as the machine; simulated cells only",
  },
  scenario: {
    type: "string",
    help: "what happens in a simulated cell, instead of the deployment's scenario: idle (nobody comes), walk-in, …; `cellgate sim list` names them",
  },
  shadow: {
    type: "string",
    help: "a candidate that listens beside the cell and moves nothing: head, calibration, rules, gate or policy file",
  },
  port: { type: "string", help: "port of the page instead of the deployment's; 0: any free one" },
  json: { type: "boolean", help: "JSON lines instead of the live picture; the last one carries the digest" },
} as const;

export const runCommand: Command = {
  words: ["run"],
  summary: "watch over the cell of a deployment file",
  usage:
    "<deployment.yaml> [--for 20s] [--seed N] [--scenario NAME] [--tape out.mcap] [--data DIR] [--speed 1|max] [--json]",
  example: "cellgate run launch/demo-cell.yaml --for 20s --seed 7 --speed max --json",
  options,
  run: (input, io) => run(input.positionals[0], input, io),
};
export const startCommand: Command = {
  words: ["start"],
  summary: "the main job: protect the simulated demonstration cell (what npm start runs)",
  usage: "[--for 20s] [--seed N] [--scenario NAME] [--json] …",
  example: "npm start -- --for 15s --seed 7",
  options,
  run: (input, io) => run(input.positionals[0] ?? DEMO_FILE, input, io),
};

export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (match === null || Number(match[1]) === 0)
    throw new UserError(`"${text}" is no length of time`, "write it like 20s, 5m or 1h");
  return (
    Number(match[1]) * { ms: 1e3, s: 1e6, m: 60e6, h: 3_600e6 }[(match[2] ?? "s") as "ms" | "s" | "m" | "h"]
  );
}

/** What the command line asks for, as the library takes it. */
function requestOf({ values }: CommandInput, io: Io): Omit<RunRequest, "deployment"> {
  const text = (name: string): string | undefined =>
    typeof values[name] === "string" ? (values[name] as string) : undefined;
  const seed = text("seed");
  if (seed !== undefined && !/^\d{1,15}$/.test(seed))
    throw new UserError(`--seed ${seed} is no seed`, "give a whole number");
  const speed = text("speed") ?? "1";
  if (speed !== "1" && speed !== "max") throw new UserError(`--speed ${speed}`, "give 1 or max");
  const [length, data, shadow] = [text("for"), text("data"), text("shadow")];
  const port = portOf(text("port"));
  const [scenario, tape] = [text("scenario"), text("tape")];
  return {
    cwd: io.cwd,
    speed: speed === "max" ? "max" : 1,
    ...(length !== undefined && { lengthMs: parseDuration(length) / 1_000 }),
    ...(seed !== undefined && { seed: Number(seed) }),
    ...(scenario !== undefined && { scenario }),
    ...(tape !== undefined && { tape }),
    ...(data !== undefined && { dataDir: data }),
    ...(port !== undefined && { port }),
    ...(shadow !== undefined && { shadow }),
  };
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UserError(`--port ${text}`, "give 0 to 65535");
  return port;
}

async function run(file: string | undefined, input: CommandInput, io: Io): Promise<number> {
  const asked = requestOf(input, io);
  const json = input.values["json"] === true;
  const stop = stopOnSignal();
  const end = await runNode({
    ...asked,
    deployment: requireDeployment(file),
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
