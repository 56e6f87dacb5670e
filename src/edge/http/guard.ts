import type { IncomingMessage, ServerResponse } from "node:http";

/** Only what comes from this machine under its own name, and for acts only what the page itself sends. */
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

export const isLoopbackHost = (host: string): boolean =>
  LOOPBACK.has(host.replace(/:\d+$/, "").toLowerCase());

/** null: welcome; otherwise why not. A foreign name that resolves to this machine is refused (DNS rebinding). */
export function refusal(request: IncomingMessage): string | null {
  const host = request.headers.host ?? "";
  if (!isLoopbackHost(host)) return "this page answers under a loopback name only";
  if (request.method === "GET" || request.method === "HEAD") return null;
  const origin = request.headers.origin;
  if (origin !== undefined && origin !== `http://${host}`) return "acts come from this page only";
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return "acts come from this page only";
  return null;
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    ...SAFE_HEADERS,
    "content-type": "application/json",
    "cache-control": "no-store",
  });
  response.end(JSON.stringify(body));
}
