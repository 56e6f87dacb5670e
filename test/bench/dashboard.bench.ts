import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { get, type IncomingMessage, type ClientRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDashboard } from "../../src/edge/http/index.ts";
import type { Effect, Micros } from "../../src/core/domain/index.ts";
import { STATUS } from "../edge/http/control/rig.ts";
import { askingCell } from "../edge/http/cell-file.ts";
import { PageRig } from "../edge/http/page-rig.ts";
import type { Bench, Figure } from "./bench.ts";
import { StoppingCell } from "./stopping-cell.ts";

/** How much browsers slow the node down, and how late a stop is shown. Every stop is a real one, by a sample. */
const BROWSERS = 50;
const STOPS = 20;
const WARM_UP_STOPS = 3;

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

const STOP_TIMEOUT_MS = 10_000;

/** lets the cell go and kills it, again and again; answers how long after the node's own line the page's stream says STOPPED */
async function stops(rig: PageRig, watcher: Watcher, count: number): Promise<number[]> {
  const delays: number[] = [];
  const act = (name: string, body: object = {}) =>
    rig.post(`/v1/${name}`, { request_id: crypto.randomUUID(), reason: "bench", ...body });
  const inTime = <T>(of: Promise<T>): Promise<T | null> =>
    Promise.race([of, new Promise<null>((done) => setTimeout(() => done(null), STOP_TIMEOUT_MS))]);
  for (let i = 0; i < count; i++) {
    await act("unkill");
    for (const level of [0, 1, 0]) await act("reset", { level });
    const moves = watcher.when(({ state }) => state === "RUNNING");
    await act("resume");
    await inTime(moves);
    const from = rig.node!.lines.length;
    const said = rig
      .node!.line((l) => isStop(l) && rig.node!.lines.indexOf(l) >= from)
      .then(() => performance.now());
    const shown = watcher.when(({ state }) => state === "STOPPED").then(() => performance.now());
    await act("kill");
    const both = await inTime(Promise.all([said, shown]));
    // a stop that nobody was shown counts as late as one can wait
    delays.push(both === null ? STOP_TIMEOUT_MS : Math.max(0, both[1] - both[0]));
  }
  return delays;
}
const isStop = (line: { receipt?: { body: Record<string, unknown> } }): boolean =>
  line.receipt?.body["receipt_type"] === "state_change" && line.receipt.body["to"] === "STOPPED";

/** one whole run of a node with browsers that look at it: how late each stop is told */
async function toldAfter(browsers: number): Promise<number[]> {
  const rig = new PageRig();
  const watchers: Watcher[] = [];
  try {
    await rig.start(askingCell());
    for (let i = 0; i <= browsers; i++) watchers.push(new Watcher(rig.url, i === browsers));
    await stops(rig, watchers[0]!, WARM_UP_STOPS);
    return await stops(rig, watchers[0]!, STOPS);
  } finally {
    for (const watcher of watchers) watcher.close();
    await rig.close();
  }
}

/** Browsers in a process of their own, as they are: they listen, and the last one never reads. */
const BROWSERS_SCRIPT = `
const { get } = require("node:http");
const [url, count] = process.argv.slice(1);
let open = 0;
for (let i = 0; i < Number(count); i++)
  get(url + "/live", { agent: false }, (answer) => {
    if (i === count - 1) answer.pause(); else answer.resume();
    if (++open === Number(count)) console.log("open");
  });
`;
async function openBrowsers(url: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["-e", BROWSERS_SCRIPT, url, String(BROWSERS + 1)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((done) => child.stdout!.once("data", done));
  return child;
}
const PHASES = 8;
const PHASE_MS = 5_000;
const PAUSE_MS = 10;
/** a stop is told to the page about once a second, and with it a status at once */
const TOLD_EVERY = 40;

/** Real cells stopped by a sample on the thread whose page is looked at, in turns with and without browsers. */
async function latencies(): Promise<{ idle: number[]; watched: number[] }> {
  const dataDir = mkdtempSync(join(tmpdir(), "cellgate-bench-"));
  const began = performance.now();
  const now = (): number => Math.round((performance.now() - began) * 1_000);
  const status = () => ({ ...STATUS, at: Date.now() * 1_000, t_us: now() });
  const setting = {
    host: "127.0.0.1",
    port: 0,
    controlUrl: "http://127.0.0.1:1",
    maxBodyBytes: 1,
    ask: () => Promise.reject(new Error("nobody acts in this bench")),
    version: "0",
    cell: "rig",
    elsewhere: null,
  };
  const page = await openDashboard({ ...setting, dataDir, status });
  if (!page.ok) throw new Error(page.error.what);
  const told = { kind: "block", first: true, code: "BENCH", detail: "" } as unknown as Effect;
  const samples: Record<"idle" | "watched", number[]> = { idle: [], watched: [] };
  let n = 0;
  const phase = async (into: number[]): Promise<void> => {
    for (const end = performance.now() + PHASE_MS; performance.now() < end; ) {
      const cell = new StoppingCell();
      cell.run();
      into.push(cell.stop());
      if (++n % TOLD_EVERY === 0) page.value.observe(told, now() as Micros);
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  };
  try {
    await phase([]);
    for (let i = 0; i < PHASES; i++) {
      if (i % 2 === 0) await phase(samples.idle);
      else {
        const browsers = await openBrowsers(page.value.url);
        await phase(samples.watched);
        browsers.kill("SIGKILL");
      }
    }
    return samples;
  } finally {
    await page.value.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function latencyFigures(): Promise<Figure[]> {
  const { idle, watched } = await latencies();
  const p99 = (values: readonly number[]): number => quantile(values, 0.99) * 1_000;
  return [
    {
      name: "sample → block p99 with 50 browsers and a slow one",
      value: p99(watched),
      unit: "µs",
      baseline: p99(idle),
      ratio: p99(watched) / p99(idle),
      target: "ratio < 1.2",
      note: `baseline: nobody looks; in turns, ${idle.length} and ${watched.length} stops; p50 ${(quantile(idle, 0.5) * 1_000).toFixed(1)} and ${(quantile(watched, 0.5) * 1_000).toFixed(1)} µs`,
    },
  ];
}
async function toldFigures(): Promise<Figure[]> {
  const delays = await toldAfter(BROWSERS);
  return [0.5, 0.99].map((q) => ({
    name: `stop said by the node → page told, p${q * 100}, 50 browsers`,
    value: quantile(delays, q),
    unit: "ms",
    target: "≤ 250 ms",
    note: `${delays.length} stops by a person's kill; one that nobody was shown counts as ${STOP_TIMEOUT_MS} ms`,
  }));
}

export const benches: Bench[] = [
  { name: "dashboard", run: latencyFigures },
  { name: "dashboard-told", run: toldFigures },
];
