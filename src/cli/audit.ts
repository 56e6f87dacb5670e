import { auditHash } from "../fleet/audit/index.ts";
import { audit, dotOf } from "../core/audit/index.ts";
import { printFindings } from "./audit-print.ts";
import { LIVE_DEFAULT_S, readSource } from "./audit-source.ts";
import { command, EXIT, UserError } from "./command.ts";
import { jsonOption } from "./ledger/place.ts";
import { flag, kinds, optional } from "./options/index.ts";

const LIVE_MAX_US = 600e6;

export const auditCommand = command({
  words: ["audit"],
  summary: "ask the five questions before scaling: spawning, feedback, exhaustion, drift, time bombs",
  takes: "<deployment.yaml | plan.yaml | graph.json | ros2[:DOMAIN] | dds:DOMAIN | mqtt://host:port>",
  example: "cellgate audit launch/demo-cell.yaml",
  options: {
    live: optional(
      kinds.duration(LIVE_MAX_US, "5s"),
      `listen so long to the deployment's wires and add who talks there (a wire alone: ${LIVE_DEFAULT_S} s)`,
    ),
    stated: optional(
      kinds.file,
      "a wire alone: a graph file that says of its parts what the wire does not: guards (controlLoop, rateMaxHz, generationsMax), spawns, caps (memoryBytesMax …), reads, moves, growsWith, expires",
    ),
    save: optional(kinds.file, "a wire alone: write what was seen as a graph file, to be stated on"),
    dot: flag("the graph for Graphviz instead of findings"),
    ...jsonOption,
  },
  async run(input, io) {
    const [name] = input.positionals;
    if (name === undefined)
      throw new UserError(
        "nothing to audit",
        "name a deployment, a rollout plan, a graph file or a wire: ros2, dds:DOMAIN, mqtt://host:port",
      );
    const { live, stated = null, save = null } = input.values;
    const wish = {
      seconds: live === undefined ? null : live / 1e6,
      stated,
      save,
    };
    const { graph, seenBy } = await readSource(name, wish, io);
    const result = audit(graph);
    if (input.values.dot) io.out(dotOf(graph, result));
    else if (input.values.json)
      io.out(JSON.stringify({ ...result, seen_by: seenBy, hash: auditHash(graph) }));
    else {
      io.out(`${result.subject}: ${result.nodes} parts and topics, ${result.edges} connections`);
      for (const line of seenBy) io.out(`  seen by ${line}`);
      printFindings(result, io);
    }
    return result.passed ? EXIT.ok : EXIT.found;
  },
});
