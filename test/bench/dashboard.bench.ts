import { get, type IncomingMessage, type ClientRequest } from "node:http";
import { askingCell } from "../dashboard/cell-file.ts";
import { PageRig } from "../dashboard/page-rig.ts";
import type { Bench, Figure } from "./bench.ts";

/** How much browsers slow the node down, and how late a stop is shown. Every stop is a real one, by the kill switch. */
const BROWSERS = 50;
const STOPS = 60;
const WARM_UP_STOPS = 10;

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

/** stops and starts the cell again and again; answers the time until the page's stream says so */
async function stops(rig: PageRig, watcher: Watcher, count: number): Promise<number[]> {
  const delays: number[] = [];
  const act = (name: string, body: object = {}) =>
    rig.post(`/v1/${name}`, { request_id: crypto.randomUUID(), reason: "bench", ...body });
  for (let i = 0; i < count; i++) {
    const shown = watcher.when(({ state }) => state === "STOPPED");
    const from = performance.now();
    await Promise.all([act("kill"), shown.then(() => delays.push(performance.now() - from))]);
    await act("unkill");
    for (const level of [0, 1, 0]) await act("reset", { level });
    const running = watcher.when(({ state }) => state === "RUNNING");
    await act("resume");
    await Promise.race([running, new Promise((done) => setTimeout(done, 1_000))]);
  }
  return delays;
}
async function latency(rig: PageRig): Promise<{ p99Us: number; lagMs: number }> {
  const status = (await (await fetch(`${rig.url}/data/status`)).json()) as {
    latency: { sample_to_block_p99_us: number; loop_lag_p99_ms: number };
  };
  return { p99Us: status.latency.sample_to_block_p99_us, lagMs: status.latency.loop_lag_p99_ms };
}

/** one whole run of a node, with or without browsers that look at it */
async function run(browsers: number): Promise<{ p99Us: number; delays: number[]; bytes: number }> {
  const rig = await new PageRig().start(askingCell());
  const first = new Watcher(rig.url, false);
  const others = Array.from({ length: browsers }, (_, i) => new Watcher(rig.url, i === browsers - 1));
  try {
    await first.when(({ state }) => state === "RUNNING");
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
          name: "kill asked → page told, p50, 50 browsers",
          value: quantile(watched.delays, 0.5),
          unit: "ms",
          baseline: quantile(idle.delays, 0.5),
          target: "≤ 250 ms",
        },
        {
          name: "kill asked → page told, p99, 50 browsers",
          value: quantile(watched.delays, 0.99),
          unit: "ms",
          baseline: quantile(idle.delays, 0.99),
          target: "≤ 250 ms",
          note: `${STOPS} stops through the page's own address, way of the request included`,
        },
      ];
    },
  },
];
