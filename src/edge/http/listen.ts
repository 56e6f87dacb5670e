import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Problem } from "../../core/base/problem.ts";
import { err, ok, type Result } from "../../core/base/result.ts";

/** What listens, for the words about why it cannot. */
export interface Place {
  readonly what: string;
  readonly host: string;
  readonly port: number;
  readonly remedy: string;
}

/** Listens, or says why not. What a single broken connection does later is no matter for the others. */
export function listen(
  server: Server | SecureServer,
  { what, host, port, remedy }: Place,
): Promise<Result<number, Problem>> {
  return new Promise((resolve) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      resolve(
        err({
          what: `${what} cannot listen on ${host}:${port}: ${cause.code ?? cause.message}${cause.code === "EADDRINUSE" ? ", the port is taken" : ""}`,
          remedy,
        }),
      ),
    );
    server.listen(port, host, () => {
      server.removeAllListeners("error");
      server.on("error", () => {});
      server.on("clientError", (_cause, socket) => socket.destroy());
      resolve(ok((server.address() as AddressInfo).port));
    });
  });
}

/**
 * Whoever connects gets in, a stop above all: when there are too many connections, the one that has waited
 * longest without a request is closed. Idle ones can therefore keep nobody out.
 */
export function makeRoom(server: Server, most: number): Set<Socket> {
  const idle = new Set<Socket>();
  let open = 0;
  server.on("connection", (socket: Socket) => {
    open++;
    idle.add(socket);
    socket.once("close", () => {
      open--;
      idle.delete(socket);
    });
    if (open <= most) return;
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

export const hostText = (host: string): string => (host.includes(":") ? `[${host}]` : host);
