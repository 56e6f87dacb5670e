import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isScenarioName } from "../../sim/index.ts";
import { compose, type Composition, viewOf, runToEnd, StartError } from "../node/index.ts";
import type { GoodConfig } from "../node/deployment/index.ts";
import { type Code, codeEntry, CODES, type NodeStatus } from "../core/domain/index.ts";

import {
  createNodeShadow,
  type NodePromotion,
  type NodeShadow,
  openNodePromotion,
} from "../node/in-use/index.ts";
import { buildStatus, createAnnouncer, LatencyMeter } from "../node/index.ts";
import { type Command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { keepCandidate } from "./keep-candidate.ts";
import { prepareDataFolder } from "./data-folder.ts";
import { openEndpoint } from "./run-endpoint.ts";
import { openFleet } from "./run-fleet.ts";
import { startServiceNotify } from "./service-notify.ts";
import { sayGoodbye, watchAsJson, watchAsLines, watchOnScreen } from "./run-watch.ts";

const DEMO_FILE = fileURLToPath(new URL("../../launch/demo-cell.yaml", import.meta.url));
const ANNOUNCE_PERIOD_MS = 1_000;

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

interface RunSettings {
  readonly endUs: number;
  readonly seed: number;
  readonly speed: number;
  readonly json: boolean;
  readonly tape: string | null;
  readonly dataDir: string;
  readonly ownFolder: boolean;
  readonly port: number | null;
  readonly shadow: string | null;
}

export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (match === null || Number(match[1]) === 0)
    throw new UserError(`"${text}" is no length of time`, "write it like 20s, 5m or 1h");
  return (
    Number(match[1]) * { ms: 1e3, s: 1e6, m: 60e6, h: 3_600e6 }[(match[2] ?? "s") as "ms" | "s" | "m" | "h"]
  );
}

function settings({ values }: CommandInput, io: Io): RunSettings {
  const text = (name: string): string | null =>
    typeof values[name] === "string" ? (values[name] as string) : null;
  const seed = text("seed");
  if (seed !== null && !/^\d{1,15}$/.test(seed))
    throw new UserError(`--seed ${seed} is no seed`, "give a whole number");
  const speed = text("speed") ?? "1";
  if (speed !== "1" && speed !== "max") throw new UserError(`--speed ${speed}`, "give 1 or max");
  const length = text("for");
  return {
    endUs: length === null ? Number.POSITIVE_INFINITY : parseDuration(length),
    seed: seed === null ? randomInt(2 ** 47) : Number(seed),
    speed: speed === "max" ? Number.POSITIVE_INFINITY : 1,
    json: values["json"] === true,
    tape: text("tape"),
    dataDir: resolve(io.cwd, text("data") ?? "data"),
    ownFolder: text("data") !== null,
    port: portOf(text("port")),
    shadow: text("shadow"),
  };
}

function portOf(text: string | null): number | null {
  if (text === null) return null;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UserError(`--port ${text}`, "give 0 to 65535");
  return port;
}

const version = (): string =>
  (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string })
    .version;

async function run(file: string | undefined, input: CommandInput, io: Io): Promise<number> {
  const wanted = settings(input, io);
  const config = withScenario(requireDeployment(file), input.values["scenario"]);
  const simulated = Object.values(config.deployment.transports).some((t) => t.kind === "sim");
  if (!simulated && wanted.speed !== 1)
    throw new UserError("--speed max needs a simulated cell", "leave it out");
  prepareDataFolder(wanted.dataDir, !simulated ? "real" : wanted.ownFolder ? "simulated" : "clean sheet");
  const stop = stopOnSignal();
  // what a fleet's order takes into use is loaded at a start: the node ends in order and comes up blocked
  for (let start = 1, left = wanted; ; start++) {
    const tape = start === 1 ? left.tape : (left.tape?.replace(/(\.mcap)?$/, `-${start}.mcap`) ?? null);
    const { why, usedUs } = await runOnce(config, { ...left, tape }, stop, io);
    if (why === null) return stop.byPerson() ? EXIT.interrupted : EXIT.ok;
    io.err(`starts anew: ${why}`);
    left = { ...left, endUs: Math.max(1, left.endUs - usedUs) };
  }
}

/** The same deployment with another scenario in its simulated cell. */
function withScenario(config: GoodConfig, scenario: unknown): GoodConfig {
  if (typeof scenario !== "string") return config;
  const sim = Object.entries(config.deployment.transports).find(([, { kind }]) => kind === "sim");
  if (sim === undefined) throw new UserError("--scenario needs a simulated cell", "leave it out");
  if (!isScenarioName(scenario))
    throw new UserError(`--scenario ${scenario} is unknown`, "`cellgate sim list` names them; try idle");
  return requireDeployment(config.file, [{ path: ["transports", sim[0], "scenario"], value: scenario }]);
}

/** One life of the node; `why`: it ended to begin again. */
async function runOnce(
  config: GoodConfig,
  wanted: RunSettings,
  stop: ReturnType<typeof stopOnSignal>,
  io: Io,
): Promise<{ why: string | null; usedUs: number }> {
  const simulated = Object.values(config.deployment.transports).some((t) => t.kind === "sim");
  const again = new AbortController();
  let why: string | null = null;
  const restart = (reason: string): void => {
    why = reason;
    again.abort();
  };
  const promotion = openNodePromotion(config, wanted.dataDir, Date.now() * 1_000);
  const parts = await compose({
    config: promotion.used.config,
    promotion,
    dataDir: wanted.dataDir,
    seed: wanted.seed,
    tape: wanted.tape,
    version: version(),
    restart,
  });
  for (const { code, detail, from, to } of promotion.used.troubles)
    io.err(`${codeEntry(code).title} (${code}): ${from.slice(0, 16)} → ${to.slice(0, 16)}: ${detail}`);
  const shadow = shadowOf(parts, promotion, wanted);
  const loopLag = new LatencyMeter();
  const blockLatency = new LatencyMeter();
  parts.observers.push((effect) => {
    const { enteredAt } = parts.node.door;
    if (effect.kind === "block" && effect.first && enteredAt > 0)
      blockLatency.add((performance.now() - enteredAt) * 1_000);
  });
  if (wanted.shadow !== null) {
    const candidate = keepCandidate(wanted.shadow, config, wanted.dataDir, undefined, io);
    const order = { candidate, hours: null, decisions: null, by: "command line", reason: "--shadow" };
    const wrong = shadow.start(order);
    if (wrong !== null) throw new UserError(`--shadow ${wanted.shadow}: ${wrong}`, "correct the candidate");
    io.err(`shadow: ${candidate.slice(0, 16)} listens; cellgate shadow report`);
  }
  const statusParts = {
    node: parts.node,
    version: version(),
    boot: parts.ledger.recovered.boot,
    simulated,
    blockLatency,
    loopLag,
    ledger: () => ledgerStatus(parts),
  };
  const status = (): NodeStatus => buildStatus(statusParts, parts.clock.now());
  const announcer = createAnnouncer(
    parts.transports.flatMap(({ name, transport }) =>
      transport.sender === undefined ? [] : [{ name, sender: transport.sender }],
    ),
    status,
  );
  parts.observers.push((effect) => announcer.observe(effect));
  const announcements = setInterval(() => announcer.beat(), ANNOUNCE_PERIOD_MS);
  const watch = wanted.json
    ? watchAsJson(parts, status, io)
    : io.interactive
      ? watchOnScreen(parts, status, io)
      : watchAsLines(parts, io);
  const serviceEnds = await startServiceNotify(io.env);
  let ran = false;
  try {
    await runToEnd(parts, {
      endUs: wanted.endUs,
      speed: wanted.speed,
      signal: AbortSignal.any([stop.signal, again.signal]),
      loopLag,
      blockLatency,
      // in a run at full speed no person could act in time
      openControl:
        wanted.speed === 1
          ? async () => {
              const settings = { ...wanted, version: version() };
              const endpoint = await openEndpoint(parts, shadow, status, settings, watch.io);
              watch.showPage(endpoint.url);
              const fleet = openFleet(parts, config, status, restart, watch.io);
              return { close: async () => void (await Promise.all([endpoint.close(), fleet?.close()])) };
            }
          : null,
    });
    ran = true;
  } catch (cause) {
    if (cause instanceof StartError) throw new UserError(cause.message, remedyIn(cause.message), EXIT.failed);
    throw cause;
  } finally {
    await shadow.close();
    // a timer that outlives a failed start would keep the process alive
    clearInterval(announcements);
    serviceEnds();
    watch.end(ran);
  }
  if (why === null || stop.signal.aborted) sayGoodbye(parts, status(), wanted, io);
  return { why: stop.signal.aborted ? null : why, usedUs: parts.clock.now() };
}

/** What the code that is named in the words says of it. */
function remedyIn(words: string): string {
  const [code] = words.match(/\b[A-Z]+(_[A-Z]+)+\b/) ?? [];
  return code !== undefined && Object.hasOwn(CODES, code)
    ? codeEntry(code as Code).remedy
    : "cellgate doctor says what is missing";
}

/** Ready to let a candidate listen; the one that the command names begins with the cell. */
function shadowOf(parts: Composition, { used, original }: NodePromotion, wanted: RunSettings): NodeShadow {
  const { node, clock, ledger, recorders, observers } = parts;
  return createNodeShadow({
    used,
    ...viewOf(node),
    original,
    dataDir: wanted.dataDir,
    seed: wanted.seed,
    boot: ledger.recovered.boot,
    epoch: clock.epoch,
    live: parts.simulated === null,
    now: () => clock.now(),
    append: (receipt) => ledger.append(receipt),
    record: (listener) => void recorders.push(listener),
    observe: (listener) => void observers.push(listener),
  });
}

function ledgerStatus({ ledger }: Composition): NodeStatus["ledger"] {
  const s = ledger.stats();
  return {
    stored: s.stored,
    pending: s.pending,
    refused: s.refused,
    tree_size: s.treeSize,
    root: s.root,
    published: s.publishedSize,
  };
}

/** A first signal ends the run in order: block, wires, tape, ledger. A second one is left to the system. */
function stopOnSignal() {
  const controller = new AbortController();
  let byPerson = false;
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => {
      byPerson = true;
      controller.abort();
    });
  return { signal: controller.signal, byPerson: () => byPerson };
}
