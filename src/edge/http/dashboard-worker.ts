import { table } from "../../core/base/table.ts";
import { createServer as createSecureServer } from "node:https";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../core/base/assert.ts";
import type { Problem } from "../../core/base/problem.ts";
import { err, type Result } from "../../core/base/result.ts";
import { type Code, CODES, codeEntry, type NodeStatus } from "../../core/domain/index.ts";
import { questionBucket } from "./bucket.ts";
import { EventHub } from "./event-hub.ts";
import { forward } from "./forward.ts";
import { FoxgloveServer } from "./foxglove-server.ts";
import { refusal, sendJson } from "./guard.ts";
import { History } from "./history.ts";
import { listen } from "./listen.ts";
import type { Elsewhere, FromPage, PageSetting, ToPage } from "./messages.ts";
import { NodeLine } from "./node-line.ts";
import { storedPrice } from "./price.ts";
import { codesTable, findReceipts, oneReceipt, stateChanges } from "./records.ts";
import { renderServedReport } from "../report/index.ts";
import { reportNames, storedReport } from "./reports.ts";
import { Visitors } from "./visitors.ts";
import { loadStaticFiles, sendPacked, sendStatic } from "./static-files.ts";

/** The page's thread: serves browsers from copies. Nothing here can reach the cell but through its endpoint. */
assert(parentPort !== null, "the page runs on a thread of its own");
const port = parentPort;
const setting = workerData as PageSetting;
/** People can wait, the reflex cannot. On Linux this is the priority of this thread alone; elsewhere it would be the process's. */
const NICE = 10;
try {
  if (process.platform === "linux") setPriority(0, NICE);
} catch {
  // a system that forbids it leaves all threads equal
}
const CONNECTIONS_MAX = 512;
/** an older status is not handed to a new browser: it would pass for live */
const STATUS_FRESH_MS = 1_000;
const REPORTS = "/reports/";
const tell = (message: FromPage): void => port.postMessage(message);
const files = loadStaticFiles();
const history = new History();
const LISTENERS_MAX = 128;
/** a browser that has this much waiting is not looking any more */
const WAITING_BYTES_MAX = 512 * 1024;
const listeners = new EventHub({
  most: LISTENERS_MAX,
  waitingBytesMax: WAITING_BYTES_MAX,
  retryMs: 1_000,
  onWatched: (watched) => tell({ kind: "watched", watched }),
});
const line = new NodeLine((id, handed) => tell({ kind: "ask", id, handed }), setting.maxBodyBytes);
const foxglove = new FoxgloveServer(setting.cell);
const questions = questionBucket();
let newest: { readonly status: NodeStatus; readonly text: string; readonly at: number } | null = null;
const fresh = (): typeof newest =>
  newest !== null && performance.now() - newest.at < STATUS_FRESH_MS ? newest : null;

const ANSWERS: Readonly<Record<string, (url: URL) => unknown>> = {
  "/data/status": () => fresh()?.status ?? null,
  "/data/history": () => history.read(),
  "/data/codes": () => codesTable(),
  "/data/receipts": (url) => findReceipts(setting.dataDir, url.searchParams),
  "/data/receipt": (url) => oneReceipt(setting.dataDir, url.searchParams.get("id") ?? ""),
  "/data/states": (url) => stateChanges(setting.dataDir, url.searchParams),
  "/data/reports": () => reportNames(setting.dataDir),
  "/data/report": (url) => storedReport(setting.dataDir, url.searchParams.get("name") ?? ""),
  "/data/scene": () => setting.scene,
  "/data/price": () => storedPrice(setting.dataDir),
  "/data/about": () => ({ version: setting.version, cell: setting.cell }),
};
const isForNode = (path: string): boolean =>
  path.startsWith("/v1/") || path === "/healthz" || path === "/metrics";

async function serveHere(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const why = refusal(request);
  if (why !== null) return sendJson(response, 403, { error: why });
  const url = new URL(request.url ?? "/", "http://page");
  if (url.pathname === "/v1/events") return forward(request, response, setting.controlUrl);
  return serve(request, response, url, false);
}
async function serveElsewhere(
  visitors: Visitors,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "https://page");
  if (await visitors.admits(request, response, url.pathname)) await serve(request, response, url, true);
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  remote: boolean,
): Promise<void> {
  if (isForNode(url.pathname)) return line.forward(request, response, url.pathname, remote);
  if (request.method !== "GET" && request.method !== "HEAD")
    return sendJson(response, 405, { error: "read only" });
  if (url.pathname === "/live") {
    if (!listeners.add(response)) return sendJson(response, 503, { error: "too many browsers" });
    const greeting = fresh();
    if (greeting !== null) listeners.send("status", greeting.text, response);
    return;
  }
  const file = files.get(url.pathname);
  if (file !== undefined) return sendStatic(request, response, file);
  if (url.pathname.startsWith(REPORTS)) return serveReport(request, response, url.pathname);
  const answer = Object.hasOwn(ANSWERS, url.pathname) ? ANSWERS[url.pathname] : undefined;
  if (answer === undefined) return sendJson(response, 404, { error: "no such page" });
  if (!questions.take(performance.now()))
    return sendJson(response, 429, { error: "too many questions; try again in a moment" });
  sendPacked(request, response, JSON.stringify(await answer(url)));
}

/** The report drawn anew from its figures: no markup or script of the stored file reaches the browser. */
function serveReport(request: IncomingMessage, response: ServerResponse, path: string): void {
  if (!questions.take(performance.now())) return sendJson(response, 429, { error: "too many questions" });
  const report = storedReport(setting.dataDir, path.slice(REPORTS.length));
  if (report === null) return sendJson(response, 404, { error: "no such report" });
  sendPacked(request, response, renderServedReport(report), "text/html; charset=utf-8");
}

const answering =
  (serving: (request: IncomingMessage, response: ServerResponse) => Promise<void>) =>
  (request: IncomingMessage, response: ServerResponse): void =>
    void serving(request, response).catch((cause: Error) => {
      const badQuery = cause.name === "ZodError" || cause.name === "$ZodError";
      if (response.headersSent) response.destroy();
      else sendJson(response, badQuery ? 400 : 500, { error: badQuery ? "bad query" : cause.message });
    });
const server = createServer(answering(serveHere));
server.maxConnections = CONNECTIONS_MAX;
server.on("upgrade", (request, socket, head) => foxglove.upgrade(request, socket, head));
const { host, port: wanted } = setting;
const remedy =
  "another node may run here; stop it, or choose another port with --port (0 lets the system choose)";
async function open(): Promise<FromPage> {
  const here = await listen(server, { what: "the page", host, port: wanted, remedy });
  if (!here.ok) return { kind: "failed", problem: here.error };
  if (setting.elsewhere === null) return { kind: "listening", port: here.value, elsewhere: null };
  const away = await openElsewhere(setting.elsewhere);
  return away.ok
    ? { kind: "listening", port: here.value, elsewhere: away.value }
    : { kind: "failed", problem: away.error };
}
/** Encrypted or not at all. */
async function openElsewhere({ host, port, cert, key }: Elsewhere): Promise<Result<number, Problem>> {
  const visitors = new Visitors(setting.dataDir);
  try {
    const secure = createSecureServer(
      { cert, key, minVersion: "TLSv1.2" },
      answering((request, response) => serveElsewhere(visitors, request, response)),
    );
    secure.maxConnections = CONNECTIONS_MAX;
    const remedy = "control.listen names an address of this machine and a free port";
    return await listen(secure, { what: "the page for other machines", host, port, remedy });
  } catch (cause) {
    return err({
      what: `control.listen.tls: ${(cause as Error).message}`,
      remedy: "give a certificate and its private key, both PEM",
    });
  }
}
void open().then(tell);

const TONES: Readonly<Record<string, "good" | "warn" | "bad">> = table({
  RUNNING: "good",
  READY_BLOCKED: "warn",
  STOPPED: "bad",
});
const titleOf = (code: string): string => (Object.hasOwn(CODES, code) ? codeEntry(code as Code).title : code);

function noteReceipt({ receipt }: Extract<ToPage, { kind: "receipt" }>): void {
  const { body } = receipt;
  if (body.receipt_type === "state_change" && newest !== null) {
    const text = `${body.to}: ${titleOf(body.code)}`;
    history.mark({ t_s: newest.status.t_us / 1e6, text, tone: TONES[body.to] ?? "warn" });
    foxglove.log(newest.status, body.to, `${text}${body.reason === "" ? "" : ` (${body.reason})`}`);
  }
  listeners.send("receipt", JSON.stringify(receipt));
  foxglove.receipt(receipt);
}

function noteStatus(status: NodeStatus): void {
  newest = { status, text: JSON.stringify(status), at: performance.now() };
  history.add(status);
  listeners.send("status", newest.text);
  foxglove.status(status);
}

port.on("message", (message: ToPage) => {
  // answers are few and are not counted
  if (message.kind !== "reply") tell({ kind: "taken", count: 1 });
  switch (message.kind) {
    case "status":
      return noteStatus(message.status);
    case "reply":
      return line.answered(message.id, message.reply);
    case "frame":
      return listeners.send("frame", JSON.stringify(message.frame));
    case "receipt":
      return noteReceipt(message);
    case "block":
      return listeners.send("block", JSON.stringify(message));
  }
});
