import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { rmSync } from "node:fs";
import type { Problem } from "../../../core/base/problem.ts";
import { ok, type Result } from "../../../core/base/result.ts";
import {
  CONTROL_HEADER_BYTES,
  CONTROL_HEADERS_TIMEOUT_MS,
  CONTROL_MAX_CONNECTIONS,
  CONTROL_REQUEST_TIMEOUT_MS,
  type Effect,
} from "../../../core/domain/index.ts";
import { writeJson } from "../../files/index.ts";
import { isLoopbackHost } from "../guard.ts";
import { hostText, listen, makeRoom } from "../listen.ts";
import { bodyOf, readBody } from "./body.ts";
import { Desk, type DeskParts, refusal } from "./desk.ts";
import type { Reply } from "./routes.ts";
import { openTokens, type TokenStore } from "./tokens.ts";

export type ControlParts = DeskParts;
/** A request that came to the page's thread, as it is handed over. */
export interface Handed {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  /** came from another machine */
  readonly remote: boolean;
  /** null: longer than a body may be */
  readonly bytes: Uint8Array | null;
}
/** The endpoint through which people act on the node. Loopback only. */
export interface Control {
  readonly url: string;
  /** token files written at this start, to be told to the person at the terminal */
  readonly madeTokens: TokenStore["made"];
  /** tells the listeners what the cell asked for; costs nothing while nobody listens */
  observe(effect: Effect): void;
  /** judges a request of the page as if it had come to this endpoint */
  ask(handed: Handed): Promise<Reply>;
  close(): Promise<void>;
}

/** Where the commands of the same machine find the endpoint. */
export const ADDRESS_FILE = "control.json";

export async function openControl(parts: ControlParts): Promise<Result<Control, Problem>> {
  const tokens = openTokens(parts.dataDir, parts.operators);
  const desk = new Desk(parts, tokens);
  const { host, port, maxBodyBytes } = parts.settings;
  const server = createServer(
    {
      maxHeaderSize: CONTROL_HEADER_BYTES,
      headersTimeout: CONTROL_HEADERS_TIMEOUT_MS,
      requestTimeout: CONTROL_REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => answer(desk, request, response, maxBodyBytes),
  );
  const room = makeRoom(server, CONTROL_MAX_CONNECTIONS);
  const listening = await listen(server, {
    what: "the control endpoint",
    host,
    port,
    remedy: "another node may run here; stop it, or set control.port (0 lets the system choose)",
  });
  if (!listening.ok) {
    desk.close();
    return listening;
  }
  const url = `http://${hostText(host)}:${listening.value}`;
  const addressFile = join(parts.dataDir, ADDRESS_FILE);
  const operators = parts.operators.map(({ name, roles }) => ({ name, roles }));
  const troubles = [...tokens.troubles];
  try {
    writeJson(addressFile, { url, cell: parts.cell, operators }, 0, 0o600);
  } catch (cause) {
    troubles.push(`${ADDRESS_FILE}: ${(cause as Error).message}`);
  }
  const { door } = parts;
  if (tokens.setAside !== "") door.health("control", "CONTROL_TOKENS_LOST", true, tokens.setAside);
  if (troubles.length > 0) door.health("control", "CONTROL_FILES_FAILED", true, troubles.join("; "));
  return ok({
    url,
    madeTokens: tokens.made,
    observe: (effect) => desk.observe(effect),
    ask: ({ bytes, contentType, ...asked }) =>
      desk.ask({ ...asked, body: async () => bodyOf(bytes, contentType, maxBodyBytes) }),
    async close() {
      desk.close();
      try {
        rmSync(addressFile, { force: true });
      } catch {
        // a folder that nobody may write: the address stays, and nobody answers there
      }
      room.clear();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

function answer(desk: Desk, request: IncomingMessage, response: ServerResponse, maxBytes: number): void {
  if (!isLoopbackHost(request.headers.host ?? ""))
    return send(response, desk.counted(refusal(421, "CONTROL_HOST_REFUSED")));
  const path = (request.url ?? "/").split("?")[0]!;
  const { method = "", headers } = request;
  if (method === "GET" && path === "/v1/events") {
    const refused = desk.listen(headers.authorization, response);
    if (refused !== null) send(response, desk.counted(refused));
    return;
  }
  const body = async () => bodyOf(await readBody(request, maxBytes), headers["content-type"], maxBytes);
  void desk
    .ask({ method, path, authorization: headers.authorization, body })
    .then((reply) => send(response, reply));
}

function send(response: ServerResponse, { status, body, text, headers = {}, refused = false }: Reply): void {
  if (response.destroyed) return;
  response
    .writeHead(status, {
      "content-type":
        text === undefined ? "application/json; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...headers,
      // what was not read of a refused request is not worth reading
      ...(refused && { connection: "close" }),
    })
    .end(text ?? `${JSON.stringify(body)}\n`);
}
