import type { IncomingMessage, ServerResponse } from "node:http";
import { type Handed, readBody, type Reply } from "./control/index.ts";
import { SAFE_HEADERS, sendJson } from "./guard.ts";

/** requests that wait for the node's answer; a stop is always handed over */
const WAITING_MAX = 64;
const TIMEOUT_MS = 5_000;
const URGENT = "/v1/kill";

/**
 * Hands acts and questions to the node's own thread, by message: roles, rates and receipts are judged there. Nothing
 * is asked twice, and a node that does not answer holds nobody for longer than some seconds.
 */
export class NodeLine {
  readonly #ask: (id: number, handed: Handed) => void;
  readonly #maxBytes: number;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #next = 0;

  constructor(ask: (id: number, handed: Handed) => void, maxBytes: number) {
    this.#ask = ask;
    this.#maxBytes = maxBytes;
  }

  /** what the node said */
  answered(id: number, reply: Reply): void {
    this.#waiting.get(id)?.(reply);
  }

  async forward(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    remote: boolean,
  ): Promise<void> {
    const { method = "GET", headers } = request;
    if (this.#waiting.size >= WAITING_MAX && path !== URGENT)
      return sendJson(response, 503, { error: "too many requests wait for the node" });
    const isRead = method === "GET" || method === "HEAD";
    const bytes = isRead ? new Uint8Array(0) : await readBody(request, this.#maxBytes);
    if (bytes === "gone") return void response.destroy();
    const { authorization } = headers;
    const reply = await this.#reply({
      method,
      path,
      authorization,
      contentType: headers["content-type"],
      bytes,
      remote,
    });
    if (response.destroyed) return;
    if (reply === null) return sendJson(response, 502, { error: "the node did not answer in time" });
    response
      .writeHead(reply.status, {
        ...SAFE_HEADERS,
        "content-type":
          reply.text === undefined
            ? "application/json; charset=utf-8"
            : "text/plain; version=0.0.4; charset=utf-8",
        "cache-control": "no-store",
        ...reply.headers,
      })
      .end(reply.text ?? `${JSON.stringify(reply.body)}\n`);
  }

  /** null: no answer in time */
  #reply(handed: Handed): Promise<Reply | null> {
    const id = this.#next++;
    return new Promise((resolve) => {
      const done = (reply: Reply | null): void => {
        clearTimeout(late);
        this.#waiting.delete(id);
        resolve(reply);
      };
      const late = setTimeout(() => done(null), TIMEOUT_MS);
      this.#waiting.set(id, done);
      this.#ask(id, handed);
    });
  }
}
