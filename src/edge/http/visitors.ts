import type { IncomingMessage, ServerResponse } from "node:http";
import { Bucket } from "./bucket.ts";
import { type Holder, PersonalTokens, readBody } from "./control/index.ts";
import { SAFE_HEADERS, sendJson } from "./guard.ts";

/** Cookies with this prefix are kept by browsers for this address alone, and only when it is encrypted. */
const COOKIE = "__Host-cellgate";
const LOGIN = "/login";
const LOGIN_BYTES_MAX = 1_024;
const LOGINS_PER_SECOND = 1;
const LOGINS_AT_ONCE = 10;
const LOOK_AGAIN_MS = 1_000;
const POLICY =
  "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const STYLES = new Set(["/page/shared.css", "/page/app.css"]);

/**
 * Who looks from elsewhere. Everything but the form for the token needs one that is valid now; who listens when a token
 * ends or is revoked is cut off within a second. Over TLS only: the caller opens nothing else.
 */
export class Visitors {
  readonly #tokens: PersonalTokens;
  readonly #logins = new Bucket(LOGINS_PER_SECOND, LOGINS_AT_ONCE);
  readonly #open = new Map<ServerResponse, string>();
  readonly #timer: NodeJS.Timeout;

  constructor(dataDir: string) {
    this.#tokens = new PersonalTokens(dataDir);
    this.#timer = setInterval(() => this.#lookAgain(), LOOK_AGAIN_MS);
    this.#timer.unref();
  }

  /** true: welcome; false: this request has been answered */
  async admits(request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean> {
    response.setHeader("strict-transport-security", "max-age=31536000");
    if (path === LOGIN) {
      await this.#login(request, response);
      return false;
    }
    const token = cookieOf(request);
    if (token !== null && this.#holder(token) !== null) {
      const foreign = foreignTo(request);
      if (foreign !== null) sendJson(response, 403, { error: foreign });
      else this.#watch(response, token);
      return foreign === null;
    }
    if (request.method === "GET" && STYLES.has(path)) return true;
    if (request.method === "GET" && path === "/") response.writeHead(303, { location: LOGIN }).end();
    else sendJson(response, 401, { error: "sign in first" });
    return false;
  }
  close(): void {
    clearInterval(this.#timer);
  }

  #holder(token: string): Holder | null {
    const holder = this.#tokens.find(token, Date.now());
    return holder?.scopes.includes("look") === true ? holder : null;
  }
  #watch(response: ServerResponse, token: string): void {
    this.#open.set(response, token);
    response.once("close", () => this.#open.delete(response));
  }
  #lookAgain(): void {
    for (const [response, token] of this.#open) if (this.#holder(token) === null) response.destroy();
  }

  async #login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET") return form(response, 200, "");
    if (request.method !== "POST") return sendJson(response, 405, { error: "GET or POST" });
    const foreign = foreignTo(request);
    if (foreign !== null) return sendJson(response, 403, { error: foreign });
    if (!this.#logins.take(performance.now())) return form(response, 429, "Too many tries. Wait a moment.");
    const bytes = await readBody(request, LOGIN_BYTES_MAX);
    if (bytes === "gone") return void response.destroy();
    const token = new URLSearchParams(Buffer.from(bytes ?? []).toString("utf8")).get("token")?.trim() ?? "";
    if (this.#holder(token) === null)
      return form(response, 401, "This token is not known, has ended, or is not for looking.");
    const cookie = `${COOKIE}=${token}; Path=/; Secure; HttpOnly; SameSite=Strict`;
    response.writeHead(303, { ...SAFE_HEADERS, "set-cookie": cookie, location: "/" }).end();
  }
}

function cookieOf(request: IncomingMessage): string | null {
  for (const part of (request.headers.cookie ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === COOKIE && value !== undefined && /^[A-Za-z0-9_-]{1,256}$/.test(value)) return value;
  }
  return null;
}

/** null: asked by the page itself, or by nobody's page */
function foreignTo(request: IncomingMessage): string | null {
  if (request.method === "GET" || request.method === "HEAD") return null;
  const { origin, host = "" } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const isOwn =
    (origin === undefined || origin === `https://${host}`) &&
    (site === undefined || site === "same-origin" || site === "none");
  return isOwn ? null : "acts come from this page only";
}

function form(response: ServerResponse, status: number, words: string): void {
  response
    .writeHead(status, {
      ...SAFE_HEADERS,
      "content-security-policy": POLICY,
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
    })
    .end(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in · cellgate</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page/shared.css">
<link rel="stylesheet" href="/page/app.css">
</head>
<body>
<aside class="notice" aria-label="Notice">Not a safety-rated device. Emergency stops stay hardwired.</aside>
<main>
<form class="sheet sign-in" method="post" action="/login">
<h1>cellgate</h1>
<label for="token">Your token</label>
<input id="token" name="token" type="password" autocomplete="off" required autofocus>
<p role="status">${words}</p>
<button type="submit" class="primary">Look</button>
</form>
</main>
</body>
</html>
`);
}
