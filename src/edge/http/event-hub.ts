import type { ServerResponse } from "node:http";
import { SAFE_HEADERS } from "./guard.ts";

export interface HubSetting {
  /** listeners at most */
  readonly most: number;
  /** whoever has this much waiting is not listening any more */
  readonly waitingBytesMax: number;
  /** how soon a browser that lost the connection tries again */
  readonly retryMs?: number;
  /** told when the first begins to listen, and when the last one has gone */
  readonly onWatched?: (watched: boolean) => void;
}

/** Server-sent events. Bounded: a listener that does not keep up is dropped, never waited for. */
export class EventHub {
  dropped = 0;
  readonly #setting: HubSetting;
  readonly #open = new Set<ServerResponse>();
  #id = 0;

  constructor(setting: HubSetting) {
    this.#setting = setting;
  }
  get size(): number {
    return this.#open.size;
  }

  /** false: no room */
  add(response: ServerResponse): boolean {
    if (this.#open.size >= this.#setting.most) return false;
    response.writeHead(200, {
      ...SAFE_HEADERS,
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    if (this.#setting.retryMs !== undefined) response.write(`retry: ${this.#setting.retryMs}\n\n`);
    response.on("close", () => this.#forget(response));
    this.#open.add(response);
    if (this.#open.size === 1) this.#setting.onWatched?.(true);
    return true;
  }

  /** `json`: one line of it; `only`: for one listener alone */
  send(event: string, json: string, only?: ServerResponse): void {
    if (this.#open.size === 0) return;
    const text = `id: ${++this.#id}\nevent: ${event}\ndata: ${json}\n\n`;
    for (const listener of only === undefined ? this.#open : [only]) {
      if (listener.writableLength + text.length <= this.#setting.waitingBytesMax) listener.write(text);
      else {
        this.dropped++;
        this.#forget(listener);
        listener.destroy();
      }
    }
  }

  close(): void {
    for (const listener of this.#open) listener.destroy();
    this.#open.clear();
  }

  #forget(listener: ServerResponse): void {
    if (this.#open.delete(listener) && this.#open.size === 0) this.#setting.onWatched?.(false);
  }
}
