import type { Problem } from "../../../core/base/problem.ts";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { rmSync } from "node:fs";
import { err, ok, type Result } from "../../../core/base/result.ts";
import {
  type Code,
  CONTROL_HEADER_BYTES,
  CONTROL_HEADERS_TIMEOUT_MS,
  CONTROL_MAX_CONNECTIONS,
  CONTROL_REQUEST_TIMEOUT_MS,
  CONTROL_STATUS_KEPT_MS,
  CONTROL_STATUS_PERIOD_MS,
  CONTROL_WRONG_TOKENS_PER_MINUTE,
  type Deployment,
  type Effect,
  type NodeStatus,
} from "../../../core/domain/index.ts";
import { writeJson } from "../../files/index.ts";
import type { Door } from "../../ports/index.ts";
import { readJson } from "./body.ts";
import { EventStream } from "./event-stream.ts";
import { metricsOf } from "./metrics.ts";
import { Bucket, PerMinute } from "../rate-limit.ts";
import { type Reply, ROUTES, type Route, type RouteContext, type ShadowDesk, wordsOf } from "./routes.ts";
import { type Caller, openTokens, type TokenStore } from "./tokens.ts";

export interface StatusSource {
  status(): NodeStatus;
}
export interface ControlParts {
  readonly settings: Deployment["control"];
  readonly operators: Deployment["operators"];
  readonly cell: string;
  readonly dataDir: string;
  readonly door: Door;
  readonly shadow?: ShadowDesk;
  readonly source: StatusSource;
}
/** The endpoint through which people act on the node. Loopback only. */
export interface Control {
  readonly url: string;
  /** token files written at this start, to be told to the person at the terminal */
  readonly madeTokens: TokenStore["made"];
  /** tells the listeners what the cell asked for; costs nothing while nobody listens */
  observe(effect: Effect): void;
  close(): Promise<void>;
}

/** Where the commands of the same machine find the endpoint. */
export const ADDRESS_FILE = "control.json";

export async function openControl(parts: ControlParts): Promise<Result<Control, Problem>> {
  const tokens = openTokens(parts.dataDir, parts.operators);
  if (!tokens.ok) return tokens;
  const desk = new Desk(parts, tokens.value);
  const server = createServer(
    {
      maxHeaderSize: CONTROL_HEADER_BYTES,
      headersTimeout: CONTROL_HEADERS_TIMEOUT_MS,
      requestTimeout: CONTROL_REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => desk.answer(request, response),
  );
  const room = makeRoom(server);
  const { host, port } = parts.settings;
  const listening = await listen(server, host, port);
  if (!listening.ok) return listening;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${listening.value}`;
  const addressFile = join(parts.dataDir, ADDRESS_FILE);
  const operators = parts.operators.map(({ name, roles }) => ({ name, roles }));
  writeJson(addressFile, { url, cell: parts.cell, operators }, 0, 0o600);
  return ok({
    url,
    madeTokens: tokens.value.made,
    observe: (effect) => desk.observe(effect),
    async close() {
      desk.close();
      rmSync(addressFile, { force: true });
      room.clear();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

/**
 * Whoever connects gets in, a stop above all: when there are too many connections, the one that has waited
 * longest without a request is closed. Idle ones can therefore keep nobody out.
 */
function makeRoom(server: Server): Set<Socket> {
  const idle = new Set<Socket>();
  let open = 0;
  server.on("connection", (socket: Socket) => {
    open++;
    idle.add(socket);
    socket.once("close", () => {
      open--;
      idle.delete(socket);
    });
    if (open <= CONTROL_MAX_CONNECTIONS) return;
    for (const longest of idle) {
      idle.delete(longest);
      longest.destroy();
      return;
    }
  });
  server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    response.once("close", () => socket.destroyed || idle.add(socket));
  });
  return idle;
}

function listen(server: Server, host: string, port: number): Promise<Result<number, Problem>> {
  return new Promise((resolve) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      resolve(
        err({
          what: `the control endpoint cannot listen on ${host}:${port}: ${cause.code ?? cause.message}`,
          remedy: "another node may run here; stop it, or set control.port (0 lets the system choose)",
        }),
      ),
    );
    server.listen(port, host, () => {
      server.removeAllListeners("error");
      // what a single broken connection does is no matter for the others
      server.on("clientError", (_cause, socket) => socket.destroy());
      resolve(ok((server.address() as AddressInfo).port));
    });
  });
}

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** Judges requests: host, address, token, rate, body, in this order; then the cell judges the act itself. */
class Desk {
  readonly #parts: ControlParts;
  readonly #tokens: TokenStore;
  readonly #stream = new EventStream();
  readonly #requests: Record<string, number> = {};
  readonly #strangers: Bucket;
  readonly #callers = new Map<string, Bucket>();
  readonly #wrong = new PerMinute(CONTROL_WRONG_TOKENS_PER_MINUTE);
  readonly #timer: NodeJS.Timeout;
  #guessing = false;
  #kept: NodeStatus | null = null;
  #keptAt = Number.NEGATIVE_INFINITY;

  constructor(parts: ControlParts, tokens: TokenStore) {
    this.#parts = parts;
    this.#tokens = tokens;
    this.#strangers = new Bucket(parts.settings.maxRequestsPerSecond);
    for (const { name } of parts.operators)
      this.#callers.set(name, new Bucket(parts.settings.maxRequestsPerSecond));
    this.#timer = setInterval(() => this.#everySecond(), CONTROL_STATUS_PERIOD_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stream.close();
  }

  observe(effect: Effect): void {
    if (this.#stream.listeners === 0) return;
    switch (effect.kind) {
      case "block":
        if (effect.first)
          this.#stream.send("block", { code: effect.code, detail: effect.detail, actuator: effect.actuator });
        return;
      case "answer":
        return this.#stream.send("answer", { action_id: effect.actionId, answer: effect.answer });
      case "permit":
        return this.#stream.send("permit", { action_id: effect.actionId, watched: effect.watched });
      case "revoke":
        return this.#stream.send("revoke", { action_id: effect.actionId, code: effect.code });
      case "alarm":
        return this.#stream.send("alarm", { code: effect.code, detail: effect.detail });
      case "receipt":
        return this.#stream.send("receipt", {
          id: effect.id,
          receipt_type: effect.receipt.body.receipt_type,
        });
      default:
        return;
    }
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    if (!LOOPBACK.test(request.headers.host ?? ""))
      return this.#refuse(response, 421, "CONTROL_HOST_REFUSED");
    const path = (request.url ?? "/").split("?")[0]!;
    const method = request.method ?? "";
    if (method === "GET" && (path === "/healthz" || path === "/metrics")) return this.#open(path, response);
    const caller = this.#callerOf(request);
    if (caller === null) return this.#stranger(response);
    if (method === "GET") return this.#read(path, caller, response);
    const found = method === "POST" ? routeOf(path) : null;
    if (found === null) return this.#refuse(response, 404, "CONTROL_NOT_FOUND");
    // the lane of stops is for those who may stop; whoever may not is slowed down like everybody
    const isUrgent = found.route.urgent === true && caller.roles.includes("kill");
    if (!isUrgent && !this.#callers.get(caller.name)!.take(performance.now()))
      return this.#refuse(response, 429, "CONTROL_RATE_LIMITED");
    const { door, cell } = this.#parts;
    void this.#act(request, response, found.route, {
      door,
      cell,
      caller,
      tail: found.tail,
      shadow: this.#parts.shadow ?? null,
    }).catch((error: unknown) => this.#broke(response, error));
  }

  /** A failure here is our own mistake: it stops the cell and never the process. */
  #broke(response: ServerResponse, error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    this.#parts.door.health("control", "NODE_FAULT", true, detail);
    if (response.headersSent) response.destroy();
    else this.#refuse(response, 500, "NODE_FAULT", detail);
  }

  #open(path: "/healthz" | "/metrics", response: ServerResponse): void {
    if (!this.#strangers.take(performance.now())) return this.#refuse(response, 429, "CONTROL_RATE_LIMITED");
    const status = this.#status();
    if (path === "/healthz")
      return this.#send(response, {
        status: 200,
        body: { alive: true, state: status.state, may_move: status.may_move, notice: status.notice },
      });
    const text = metricsOf(status, {
      requests: this.#requests,
      listeners: this.#stream.listeners,
      dropped: this.#stream.dropped,
    });
    this.#count(200);
    response
      .writeHead(200, {
        "content-type": "text/plain; version=0.0.4; charset=utf-8",
        "cache-control": "no-store",
      })
      .end(text);
  }

  #read(path: string, caller: Caller, response: ServerResponse): void {
    if (!this.#callers.get(caller.name)!.take(performance.now()))
      return this.#refuse(response, 429, "CONTROL_RATE_LIMITED");
    if (path === "/v1/status") return this.#send(response, { status: 200, body: this.#status() });
    if (path !== "/v1/events") return this.#refuse(response, 404, "CONTROL_NOT_FOUND");
    if (!this.#stream.add(response)) return this.#refuse(response, 503, "CONTROL_TOO_MANY_LISTENERS");
    this.#count(200);
    this.#stream.send("status", this.#status(), response);
  }

  async #act(
    request: IncomingMessage,
    response: ServerResponse,
    route: Route,
    context: RouteContext,
  ): Promise<void> {
    const body = await readJson(request, this.#parts.settings.maxBodyBytes);
    if (!body.ok) {
      route.onRefused?.(context, body.code);
      return this.#refuse(
        response,
        body.code === "CONTROL_BODY_TOO_LARGE" ? 413 : 400,
        body.code,
        body.detail,
      );
    }
    const checked = route.schema.safeParse(body.value);
    if (checked.success) {
      const reply = await route.run(context, checked.data);
      this.#kept = null;
      return this.#send(response, reply);
    }
    const issue = checked.error.issues[0]!;
    this.#refuse(
      response,
      400,
      "CONTROL_BODY_INVALID",
      `${issue.path.join(".") || "body"}: ${issue.message}`,
    );
  }

  #callerOf(request: IncomingMessage): Caller | null {
    const given = /^Bearer ([A-Za-z0-9_-]{1,256})$/.exec(request.headers.authorization ?? "");
    return given === null ? null : this.#tokens.find(given[1]!);
  }

  #stranger(response: ServerResponse): void {
    const now = performance.now();
    this.#wrong.add(now);
    this.#watchGuessing(now);
    if (!this.#strangers.take(now)) return this.#refuse(response, 429, "CONTROL_RATE_LIMITED");
    response.setHeader("www-authenticate", 'Bearer realm="cellgate"');
    this.#refuse(response, 401, "CONTROL_UNAUTHORISED");
  }

  #watchGuessing(now: number): void {
    const guessing = this.#wrong.exceeded(now);
    if (guessing === this.#guessing) return;
    this.#guessing = guessing;
    this.#parts.door.health(
      "control",
      "CONTROL_TOKEN_GUESSING",
      guessing,
      `more than ${CONTROL_WRONG_TOKENS_PER_MINUTE} wrong tokens within a minute`,
    );
  }

  #everySecond(): void {
    this.#watchGuessing(performance.now());
    if (this.#stream.listeners > 0) this.#stream.send("status", this.#status());
  }

  #status(): NodeStatus {
    const now = performance.now();
    if (this.#kept === null || now - this.#keptAt > CONTROL_STATUS_KEPT_MS) {
      this.#kept = this.#parts.source.status();
      this.#keptAt = now;
    }
    return this.#kept;
  }

  #refuse(response: ServerResponse, status: number, code: Code, detail = ""): void {
    // what was not read of a refused request is not worth reading
    response.setHeader("connection", "close");
    if (status === 429) response.setHeader("retry-after", "1");
    this.#send(response, { status, body: { accepted: false, code, detail, ...wordsOf(code) } });
  }

  #send(response: ServerResponse, { status, body }: Reply): void {
    this.#count(status);
    if (response.destroyed) return;
    response
      .writeHead(status, {
        "content-type": "application/json; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      })
      .end(`${JSON.stringify(body)}\n`);
  }

  #count(status: number): void {
    this.#requests[status] = (this.#requests[status] ?? 0) + 1;
  }
}

function routeOf(path: string): { route: Route; tail: string } | null {
  for (const route of ROUTES) {
    if (route.named !== true) {
      if (path === route.path) return { route, tail: "" };
      continue;
    }
    if (!path.startsWith(`${route.path}/`)) continue;
    const tail = decoded(path.slice(route.path.length + 1));
    return tail === null ? null : { route, tail };
  }
  return null;
}

/** null: empty, too long, or not a well-formed name */
function decoded(text: string): string | null {
  try {
    const name = decodeURIComponent(text);
    return name.length >= 1 && name.length <= 256 ? name : null;
  } catch {
    return null;
  }
}
