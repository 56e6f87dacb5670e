import {
  type Code,
  CONTROL_LISTENER_BYTES,
  CONTROL_MAX_LISTENERS,
  CONTROL_STATUS_KEPT_MS,
  CONTROL_STATUS_PERIOD_MS,
  CONTROL_WRONG_TOKENS_PER_MINUTE,
  type Deployment,
  type Effect,
  type NodeStatus,
} from "../../../core/domain/index.ts";
import type { ServerResponse } from "node:http";
import type { Door, SignedRequests } from "../../ports/index.ts";
import { Bucket, PerMinute } from "../bucket.ts";
import { EventHub } from "../event-hub.ts";
import type { Body } from "./body.ts";
import { metricsOf } from "./metrics.ts";
import { type Reply, ROUTES, type Route, type RouteContext, type ShadowDesk, wordsOf } from "./routes.ts";
import { ProcessWatch } from "./process-figures.ts";
import { PersonalTokens, rolesWith } from "./personal-tokens.ts";
import type { Caller, TokenStore } from "./tokens.ts";

export interface StatusSource {
  status(): NodeStatus;
}
export interface DeskParts {
  readonly settings: Deployment["control"];
  readonly operators: Deployment["operators"];
  readonly cell: string;
  readonly door: Door;
  readonly shadow?: ShadowDesk;
  readonly signed?: SignedRequests;
  readonly source: StatusSource;
  readonly dataDir: string;
}
/** One request, whichever way it came: by the control endpoint's own address, or through the page's thread. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  /** came from another machine: a person needs a token of their own with this scope, an operator's file does not do */
  readonly remote?: boolean;
  /** read only when nothing speaks against the request before */
  body(): Promise<Body>;
}

/** Judges requests: token, rate, body, in this order; then the cell judges the act itself. */
export class Desk {
  readonly hub = new EventHub({ most: CONTROL_MAX_LISTENERS, waitingBytesMax: CONTROL_LISTENER_BYTES });
  readonly #parts: DeskParts;
  readonly #tokens: TokenStore;
  readonly #personal: PersonalTokens;
  readonly #requests: Record<string, number> = {};
  readonly #strangers: Bucket;
  readonly #callers = new Map<string, Bucket>();
  readonly #wrong = new PerMinute(CONTROL_WRONG_TOKENS_PER_MINUTE);
  readonly #process: ProcessWatch;
  readonly #timer: NodeJS.Timeout;
  #guessing = false;
  #kept: NodeStatus | null = null;
  #keptAt = Number.NEGATIVE_INFINITY;

  constructor(parts: DeskParts, tokens: TokenStore) {
    this.#parts = parts;
    this.#tokens = tokens;
    this.#personal = new PersonalTokens(parts.dataDir);
    this.#process = new ProcessWatch(parts.dataDir);
    this.#strangers = new Bucket(parts.settings.maxRequestsPerSecond);
    for (const { name } of parts.operators)
      this.#callers.set(name, new Bucket(parts.settings.maxRequestsPerSecond));
    this.#timer = setInterval(() => this.#everySecond(), CONTROL_STATUS_PERIOD_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.hub.close();
  }

  observe(effect: Effect): void {
    if (this.hub.size === 0) return;
    const tell = (event: string, data: object): void => this.hub.send(event, JSON.stringify(data));
    switch (effect.kind) {
      case "block":
        if (effect.first)
          tell("block", { code: effect.code, detail: effect.detail, actuator: effect.actuator });
        return;
      case "answer":
        return tell("answer", { action_id: effect.actionId, answer: effect.answer });
      case "permit":
        return tell("permit", { action_id: effect.actionId, watched: effect.watched });
      case "revoke":
        return tell("revoke", { action_id: effect.actionId, code: effect.code });
      case "alarm":
        return tell("alarm", { code: effect.code, detail: effect.detail });
      case "receipt":
        return tell("receipt", { id: effect.id, receipt_type: effect.receipt.body.receipt_type });
      default:
        return;
    }
  }

  /** Never throws: a failure here is our own mistake, which stops the cell and never the process. */
  async ask(asked: Asked): Promise<Reply> {
    let reply: Reply;
    try {
      reply = await this.#reply(asked);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#parts.door.health("control", "NODE_FAULT", true, detail);
      reply = refusal(500, "NODE_FAULT", detail);
    }
    return this.counted(reply);
  }
  counted(reply: Reply): Reply {
    this.#requests[reply.status] = (this.#requests[reply.status] ?? 0) + 1;
    return reply;
  }

  /** Lets a caller listen to what happens; null: it does from now on. */
  listen(authorization: string | undefined, response: ServerResponse): Reply | null {
    const caller = this.#callerOf(authorization);
    if (caller === null) return this.#stranger();
    if (!this.#takes(caller)) return TOO_OFTEN();
    if (!this.hub.add(response)) return refusal(503, "CONTROL_TOO_MANY_LISTENERS");
    this.counted({ status: 200, body: {} });
    this.hub.send("status", JSON.stringify(this.#status()), response);
    return null;
  }

  async #reply(asked: Asked): Promise<Reply> {
    const { method, path } = asked;
    if (method === "GET" && (path === "/healthz" || path === "/metrics")) return this.#open(path);
    const caller = this.#callerOf(asked.authorization, asked.remote);
    if (caller === null) return this.#stranger();
    if (method === "GET") {
      if (!this.#takes(caller)) return TOO_OFTEN();
      return path === "/v1/status"
        ? { status: 200, body: this.#status() }
        : refusal(404, "CONTROL_NOT_FOUND");
    }
    const found = method === "POST" ? routeOf(path) : null;
    if (found === null) return refusal(404, "CONTROL_NOT_FOUND");
    // the lane of stops is for those who may stop; whoever may not is slowed down like everybody
    const isUrgent = found.route.urgent === true && caller.roles.includes("kill");
    if (!isUrgent && !this.#takes(caller)) return TOO_OFTEN();
    const { door, cell, signed, shadow = null } = this.#parts;
    return this.#act(asked, found.route, { door, cell, signed, caller, tail: found.tail, shadow });
  }

  async #act(asked: Asked, route: Route, context: RouteContext): Promise<Reply> {
    const body = await asked.body();
    if (!body.ok) {
      route.onRefused?.(context, body.code);
      return refusal(body.code === "CONTROL_BODY_TOO_LARGE" ? 413 : 400, body.code, body.detail);
    }
    const checked = route.schema.safeParse(body.value);
    if (checked.success) {
      const reply = await route.run(context, checked.data);
      this.#kept = null;
      return reply;
    }
    const issue = checked.error.issues[0]!;
    return refusal(400, "CONTROL_BODY_INVALID", `${issue.path.join(".") || "body"}: ${issue.message}`);
  }

  #open(path: "/healthz" | "/metrics"): Reply {
    if (!this.#strangers.take(performance.now())) return TOO_OFTEN();
    const status = this.#status();
    if (path === "/healthz") {
      const { state, may_move, notice } = status;
      return { status: 200, body: { alive: true, state, may_move, notice } };
    }
    const { size, dropped } = this.hub;
    const process = this.#process.figures();
    this.#process.askDisk();
    const text = metricsOf(status, { requests: this.#requests, listeners: size, dropped, process });
    return { status: 200, body: {}, text };
  }

  #takes(caller: Caller): boolean {
    return this.#callers.get(caller.name)!.take(performance.now());
  }
  #callerOf(authorization: string | undefined, remote = false): Caller | null {
    const given = /^Bearer ([A-Za-z0-9_-]{1,256})$/.exec(authorization ?? "")?.[1];
    if (given === undefined) return null;
    const local = remote ? null : this.#tokens.find(given);
    if (local !== null) return local;
    const holder = this.#personal.find(given, Date.now());
    const { operators } = this.#parts;
    const person = operators.find(({ name }) => name === holder?.operator);
    const roles = holder === null ? null : rolesWith(holder, operators);
    return person === undefined || roles === null
      ? null
      : { name: person.name, roles, publicKey: person.publicKey };
  }
  #stranger(): Reply {
    const now = performance.now();
    this.#wrong.add(now);
    this.#watchGuessing(now);
    if (!this.#strangers.take(now)) return TOO_OFTEN();
    const headers = { "www-authenticate": 'Bearer realm="cellgate"' };
    return { ...refusal(401, "CONTROL_UNAUTHORISED"), headers };
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
    if (this.hub.size > 0) this.hub.send("status", JSON.stringify(this.#status()));
  }

  #status(): NodeStatus {
    const now = performance.now();
    if (this.#kept === null || now - this.#keptAt > CONTROL_STATUS_KEPT_MS) {
      this.#kept = this.#parts.source.status();
      this.#keptAt = now;
    }
    return this.#kept;
  }
}

export const refusal = (status: number, code: Code, detail = ""): Reply => ({
  status,
  body: { accepted: false, code, detail, ...wordsOf(code) },
  refused: true,
});
const TOO_OFTEN = (): Reply => ({ ...refusal(429, "CONTROL_RATE_LIMITED"), headers: { "retry-after": "1" } });

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
