import { get, type IncomingMessage, type ClientRequest } from "node:http";
import { askingCell } from "../dashboard/cell-file.ts";
import { PageRig } from "../dashboard/page-rig.ts";
import type { Bench, Figure } from "./bench.ts";

/** How much browsers slow the node down, and how late a stop is shown. Every stop is a real one, by a sample. */
const BROWSERS = 50;
const STOPS = 40;
const WARM_UP_STOPS = 5;

class Watcher {
  bytes = 0;
  readonly #request: ClientRequest;
  #text = "";
  #fits: ((status: { state: string }) => boolean) | null = null;
  #hit: (() => void) | null = null;

  constructor(url: string, slow: boolean) {
    this.#request = get(`${url}/live`, { agent: false }, (answer: IncomingMessage) => {
      if (slow) return void answer.pause();
      answer.on("data", (part: Buffer) => this.#take(part));
      answer.on("error", () => {});
    });
    this.#request.on("error", () => {});
  }
  when(fits: (status: { state: string }) => boolean): Promise<void> {
    this.#fits = fits;
    return new Promise((done) => void (this.#hit = done));
  }
  close(): void {
    this.#request.destroy();
  }
  #take(part: Buffer): void {
    this.bytes += part.length;
    if (this.#fits === null) return;
    this.#text = (this.#text + part.toString()).slice(-65_536);
    const parts = this.#text.split("\n\n");
    this.#text = parts.pop()!;
    for (const event of parts) {
      if (!event.startsWith("event: status\n")) continue;
      const status = JSON.parse(event.slice(event.indexOf("data: ") + 6)) as { state: string };
      if (!this.#fits(status)) continue;
      this.#fits = null;
      this.#hit?.();
      return;
    }
  }
}

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))]!;

/** The arm's own weight trips the force rule whenever it moves: each resume leads to a real stop by a sample. */
const tripping = (): string =>
  askingCell().replace("maxForceN: 90, slowForceN: 60", "maxForceN: 24, slowForceN: 23.5");
const STOP_TIMEOUT_MS = 10_000;

/** lets the cell go again and again; answers how long after the node's own line the page's stream says STOPPED */
async function stops(rig: PageRig, watcher: Watcher, count: number): Promise<number[]> {
  const delays: number[] = [];
  const act = (name: string, body: object = {}) =>
    rig.post(`/v1/${name}`, { request_id: crypto.randomUUID(), reason: "bench", ...body });
  for (let i = 0; i < count; i++) {
    for (const level of [0, 1, 0]) await act("reset", { level });
    const from = rig.node!.lines.length;
    let saidAt = 0;
    const said = rig
      .node!.line((l) => isStop(l) && rig.node!.lines.indexOf(l) >= from)
      .then(() => void (saidAt = performance.now()));
    await act("resume");
    const shown = watcher.when(({ state }) => state === "STOPPED");
    const late = new Promise<false>((done) => setTimeout(() => done(false), STOP_TIMEOUT_MS));
    const both = Promise.all([said, shown.then(() => performance.now())]).then(([, at]) => at - saidAt);
    const delay = await Promise.race([both, late]);
    if (delay !== false) delays.push(Math.max(0, delay));
  }
  return delays;
}
const isStop = (line: { receipt?: { body: Record<string, unknown> } }): boolean =>
  line.receipt?.body["receipt_type"] === "state_change" && line.receipt.body["to"] === "STOPPED";

async function latency(rig: PageRig): Promise<{ p99Us: number; lagMs: number }> {
  const status = (await (await fetch(`${rig.url}/data/status`)).json()) as {
    latency: { sample_to_block_p99_us: number; loop_lag_p99_ms: number };
  };
  return { p99Us: status.latency.sample_to_block_p99_us, lagMs: status.latency.loop_lag_p99_ms };
}

/** one whole run of a node, with or without browsers that look at it */
async function run(browsers: number): Promise<{ p99Us: number; delays: number[]; bytes: number }> {
  const rig = await new PageRig().start(tripping());
  const first = new Watcher(rig.url, false);
  const others = Array.from({ length: browsers }, (_, i) => new Watcher(rig.url, i === browsers - 1));
  try {
    await stops(rig, first, WARM_UP_STOPS);
    const delays = await stops(rig, first, STOPS);
    return { p99Us: (await latency(rig)).p99Us, delays, bytes: others.reduce((n, o) => n + o.bytes, 0) };
  } finally {
    first.close();
    for (const other of others) other.close();
    await rig.close();
  }
}

export const benches: Bench[] = [
  {
    name: "dashboard",
    async run(): Promise<Figure[]> {
      const idle = await run(0);
      const watched = await run(BROWSERS + 1);
      const again = await run(0);
      const baseline = Math.max(idle.p99Us, again.p99Us);
      return [
        {
          name: "sample → block p99 with 50 browsers and a slow one",
          value: watched.p99Us,
          unit: "µs",
          baseline,
          ratio: watched.p99Us / baseline,
          target: "ratio < 1.2",
          note: `baseline: nobody looks, worse of two runs (${idle.p99Us.toFixed(0)} and ${again.p99Us.toFixed(0)} µs); ${(watched.bytes / 1e6).toFixed(1)} MB were sent`,
        },
        {
          name: "stop said by the node → page told, p50, 50 browsers",
          value: quantile(watched.delays, 0.5),
          unit: "ms",
          baseline: quantile(idle.delays, 0.5),
          target: "≤ 250 ms",
        },
        {
          name: "stop said by the node → page told, p99, 50 browsers",
          value: quantile(watched.delays, 0.99),
          unit: "ms",
          baseline: quantile(idle.delays, 0.99),
          target: "≤ 250 ms",
          note: `${watched.delays.length} stops by a force sample`,
        },
      ];
    },
  },
];
