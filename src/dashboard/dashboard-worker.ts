import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../base/assert.ts";
import { codeEntry, type NodeStatus } from "../domain/index.ts";
import { forward } from "./forward.ts";
import { refusal, sendJson } from "./guard.ts";
import { History } from "./history.ts";
import { Listeners } from "./listeners.ts";
import type { FromPage, PageSetting, ToPage } from "./messages.ts";
import { codesTable, findReceipts, oneReceipt } from "./records.ts";
import { loadStaticFiles, sendStatic } from "./static-files.ts";

/** The page's thread: serves browsers from copies. Nothing here can reach the cell but through its endpoint. */
assert(parentPort !== null, "the page runs on a thread of its own");
const port = parentPort;
const setting = workerData as PageSetting;
const files = loadStaticFiles();
const history = new History();
const listeners = new Listeners();
let newest: NodeStatus | null = null;
const tell = (message: FromPage): void => port.postMessage(message);

const answers: Readonly<Record<string, (url: URL) => unknown>> = {
  "/data/status": () => newest,
  "/data/history": () => history.read(),
  "/data/codes": () => codesTable(),
  "/data/receipts": (url) => findReceipts(setting.dataDir, url.searchParams),
  "/data/receipt": (url) => oneReceipt(setting.dataDir, url.searchParams.get("id") ?? ""),
  "/data/about": () => ({ version: setting.version, cell: setting.cell }),
};
const isForNode = (path: string): boolean => path.startsWith("/v1/") || path === "/healthz" || path === "/metrics";

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const why = refusal(request);
  if (why !== null) return sendJson(response, 403, { error: why });
  const url = new URL(request.url ?? "/", "http://page");
  if (isForNode(url.pathname)) return forward(request, response, setting.controlUrl);
  if (request.method !== "GET" && request.method !== "HEAD") return sendJson(response, 405, { error: "read only" });
  if (url.pathname === "/live") {
    if (!listeners.add(response)) sendJson(response, 503, { error: "too many browsers" });
    else if (newest !== null) listeners.send("status", JSON.stringify(newest));
    return;
  }
  const file = files.get(url.pathname);
  if (file !== undefined) return sendStatic(request, response, file);
  const answer = answers[url.pathname];
  if (answer === undefined) return sendJson(response, 404, { error: "no such page" });
  sendJson(response, 200, await answer(url));
}

const server = createServer((request, response) => {
  serve(request, response).catch((cause: Error) => {
    if (response.headersSent) response.destroy();
    else sendJson(response, cause.name === "ZodError" ? 400 : 500, { error: cause.name === "ZodError" ? "bad query" : cause.message });
  });
});
server.on("error", (cause) => tell({ kind: "failed", detail: cause.message }));
server.listen(setting.port, setting.host, () => tell({ kind: "listening", port: (server.address() as AddressInfo).port }));

const TONES: Readonly<Record<string, "good" | "warn" | "bad">> = { RUNNING: "good", READY_BLOCKED: "good", STOPPED: "bad" };

function noteReceipt({ receipt }: Extract<ToPage, { kind: "receipt" }>): void {
  const { body } = receipt;
  if (body.receipt_type === "state_change" && newest !== null) {
    const title = codeEntry(body.code as Parameters<typeof codeEntry>[0])?.title ?? body.code;
    history.mark({ t_s: newest.t_us / 1e6, text: `${body.to}: ${title}`, tone: TONES[body.to] ?? "warn" });
  }
  listeners.send("receipt", JSON.stringify(receipt));
}

port.on("message", (message: ToPage) => {
  tell({ kind: "taken", count: 1 });
  switch (message.kind) {
    case "status":
      newest = message.status;
      history.add(message.status);
      return listeners.send("status", JSON.stringify(message.status));
    case "receipt":
      return noteReceipt(message);
    case "block":
      return listeners.send("block", JSON.stringify(message));
  }
});
