import type { ServerResponse } from "node:http";
import { CONTROL_LISTENER_BYTES, CONTROL_MAX_LISTENERS } from "../../../core/domain/index.ts";

/** Server-sent events. Bounded: a listener that does not keep up is dropped, never waited for. */
export class EventStream {
  dropped = 0;
  readonly #listeners = new Set<ServerResponse>();
  #id = 0;

  get listeners(): number {
    return this.#listeners.size;
  }

  /** false: no room */
  add(response: ServerResponse): boolean {
    if (this.#listeners.size >= CONTROL_MAX_LISTENERS) return false;
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      connection: "keep-alive",
    });
    response.on("close", () => this.#listeners.delete(response));
    this.#listeners.add(response);
    return true;
  }

  send(event: string, data: unknown, only?: ServerResponse): void {
    if (this.#listeners.size === 0) return;
    const text = `id: ${++this.#id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const listener of only === undefined ? this.#listeners : [only]) {
      if (listener.writableLength + text.length > CONTROL_LISTENER_BYTES) this.#drop(listener);
      else listener.write(text);
    }
  }

  close(): void {
    for (const listener of this.#listeners) listener.destroy();
    this.#listeners.clear();
  }

  #drop(listener: ServerResponse): void {
    this.dropped++;
    this.#listeners.delete(listener);
    listener.destroy();
  }
}
