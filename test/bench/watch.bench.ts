import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parse, stringify } from "yaml";
import type { CandidateKind } from "../../src/core/promotion/index.ts";
import { runCommand } from "../cli/run-command.ts";
import { Broker } from "../edge/transports/mqtt/broker.ts";
import { DEMO_GATE } from "../node/demo-cell.ts";
import { NodeProcess, ROOT } from "../node/processes.ts";
import { ADAPTER } from "../lab/promotion/crafted-cell.ts";
import { install } from "../lab/promotion/install.ts";
import type { Bench, Figure } from "./bench.ts";

const SETTLE_MS = 6_000;
const MEASURE_MS = 12_000;
/** of /proc/PID/stat, on every Linux that this runs on */
const TICKS_PER_S = 100;

const cpuSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
};
const deployed = (url: string): Record<string, unknown> => {
  const cell = parse(readFileSync(join(ROOT, "launch/sim.mqtt.yaml"), "utf8")) as Record<string, unknown> & {
    transports: { plant: { url: string } };
  };
  cell.transports.plant.url = url;
  const energy = { monitored: false, because: "no risk head in this measurement" };
  return { ...cell, gate: { ...DEMO_GATE, stage: 2, energy } };
};
/** the part of the deployment itself, so that both agree all along */
const textOf = (kind: CandidateKind, cell: Record<string, unknown>): string =>
  kind === "policy" ? `${ADAPTER}trajectory: { timeScale: 1.1 }\n` : stringify({ [kind]: cell[kind] });

/** Share of a core that a node on a real broker takes while its arm works, with the old part judged beside it or without. */
async function shareOfCore(url: string, kind: CandidateKind | null): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "cellgate-watch-"));
  const data = join(folder, "data");
  const cell = deployed(url);
  writeFileSync(join(folder, "cell.yaml"), stringify(cell));
  if (kind !== null) await install(data, kind, textOf(kind, cell), String(cell["cell"]));
  const sim = new NodeProcess("sim", "serve", "--mqtt", url, "--scenario", "idle");
  const node = new NodeProcess("run", join(folder, "cell.yaml"), "--data", data, "--port", "0", "--json");
  try {
    const ask = (act: string) => runCommand([act, "--data", data], { cwd: folder });
    for (let i = 0; i < 60 && !node.lines.some((l) => l.state === "RUNNING"); i++) {
      await pause(500);
      await ask("reset");
      await ask("resume");
    }
    await pause(SETTLE_MS);
    if (!node.lines.some((l) => l.state === "RUNNING")) throw new Error(`it never moved: ${node.stderr}`);
    const blind = node.lines.some((l) => l.receipt?.body["code"] === "PROMOTION_WATCH_BLIND");
    if (blind) throw new Error("the part before did not keep up: nothing was compared");
    const [from, at] = [cpuSeconds(node.child.pid!), performance.now()];
    await pause(MEASURE_MS);
    return (cpuSeconds(node.child.pid!) - from) / ((performance.now() - at) / 1_000);
  } finally {
    await node.kill("SIGKILL");
    await sim.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

const watching: Bench = {
  name: "promotion-watch",
  async run() {
    const broker = new Broker();
    await broker.start();
    try {
      const without = 100 * (await shareOfCore(broker.url, null));
      const figures: Figure[] = [
        { name: "node on MQTT, nothing promoted", value: without, unit: "% of a core" },
      ];
      for (const kind of ["rules", "gate", "policy"] as const) {
        const value = 100 * (await shareOfCore(broker.url, kind));
        figures.push({
          name: `node on MQTT, ${kind} before judged beside it`,
          value,
          unit: "% of a core",
          baseline: without,
          ratio: value / without,
          note: `${(value - without).toFixed(1)} points for the watch`,
        });
      }
      return figures;
    } finally {
      await broker.end();
    }
  },
};
export const benches: Bench[] = [watching];
