import { auditHash } from "../fleet/audit/index.ts";
import { audit, dotOf } from "../core/audit/index.ts";
import { printFindings } from "./audit-print.ts";
import { LIVE_DEFAULT_S, readSource } from "./audit-source.ts";
import { type Command, EXIT, UserError } from "./command.ts";
import { flag, jsonOption, text } from "./ledger/place.ts";

const LIVE_MAX_S = 600;

export const auditCommand: Command = {
  words: ["audit"],
  summary: "ask the five questions before scaling: spawning, feedback, exhaustion, drift, time bombs",
  usage:
    "<deployment.yaml | plan.yaml | graph.json | ros2[:DOMAIN] | dds:DOMAIN | mqtt://host:port> [--live SECONDS] [--stated FILE] [--save FILE] [--dot] [--json]",
  example: "cellgate audit launch/demo-cell.yaml",
  options: {
    live: {
      type: "string",
      help: `listen to the deployment's wires for so many seconds and add who talks there (a wire alone: ${LIVE_DEFAULT_S})`,
    },
    stated: {
      type: "string",
      help: "a wire alone: a graph file that says of its parts what the wire does not: guards (controlLoop, rateMaxHz, generationsMax), spawns, caps (memoryBytesMax …), reads, moves, growsWith, expires",
    },
    save: { type: "string", help: "a wire alone: write what was seen as a graph file, to be stated on" },
    dot: { type: "boolean", help: "the graph for Graphviz instead of findings" },
    ...jsonOption,
  },
  async run(input, io) {
    const [name] = input.positionals;
    if (name === undefined)
      throw new UserError(
        "nothing to audit",
        "name a deployment, a rollout plan, a graph file or a wire: ros2, dds:DOMAIN, mqtt://host:port",
      );
    const wish = {
      seconds: secondsOf(text(input, "live")),
      stated: text(input, "stated") ?? null,
      save: text(input, "save") ?? null,
    };
    const { graph, seenBy } = await readSource(name, wish, io);
    const result = audit(graph);
    if (flag(input, "dot")) io.out(dotOf(graph, result));
    else if (flag(input, "json"))
      io.out(JSON.stringify({ ...result, seen_by: seenBy, hash: auditHash(graph) }));
    else {
      io.out(`${result.subject}: ${result.nodes} parts and topics, ${result.edges} connections`);
      for (const line of seenBy) io.out(`  seen by ${line}`);
      printFindings(result, io);
    }
    return result.passed ? EXIT.ok : EXIT.found;
  },
};
function secondsOf(value: string | undefined): number | null {
  if (value === undefined) return null;
  const seconds = Number(value.replace(/s$/, ""));
  if (seconds > 0 && seconds <= LIVE_MAX_S) return seconds;
  throw new UserError(`--live ${value}`, `give more than 0 and at most ${LIVE_MAX_S} seconds`);
}
