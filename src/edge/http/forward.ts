import { type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { SAFE_HEADERS, sendJson } from "./guard.ts";

const BODY_MAX_BYTES = 1_048_576;
const TIMEOUT_MS = 5_000;
const PASSED_ON = ["authorization", "content-type", "content-length", "accept"] as const;

/** Passes a listener of all events on to the node's own endpoint, which judges who may listen. */
export function forward(request: IncomingMessage, response: ServerResponse, controlUrl: string): void {
  if (Number(request.headers["content-length"] ?? 0) > BODY_MAX_BYTES)
    return sendJson(response, 413, { error: "too large" });
  const headers: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = request.headers[name];
    if (typeof value === "string") headers[name] = value;
  }
  const onward = httpRequest(
    new URL(request.url ?? "/", controlUrl),
    { method: request.method ?? "GET", headers, timeout: TIMEOUT_MS },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, {
        ...SAFE_HEADERS,
        "content-type": answer.headers["content-type"] ?? "application/json",
        "cache-control": "no-store",
      });
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    },
  );
  // a browser that went away is not answered any more
  response.on("close", () => onward.destroy());
  onward.on("timeout", () => onward.destroy(new Error("the node did not answer in time")));
  onward.on("error", (cause) => {
    if (!response.headersSent) sendJson(response, 502, { error: cause.message });
    else response.destroy();
  });
  request.pipe(onward);
}
