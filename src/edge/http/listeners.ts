import type { ServerResponse } from "node:http";
import { SAFE_HEADERS } from "./guard.ts";

const LISTENERS_MAX = 128;
/** a browser that has this much waiting is not looking any more */
const WAITING_BYTES_MAX = 512 * 1024;

const eventText = (event: string, data: string): string => `event: ${event}\ndata: ${data}\n\n`;

/** Browsers that watch. Bounded in number and in what may wait for each; a slow one is dropped, never waited for. */
export class Listeners {
  readonly #open = new Set<ServerResponse>();
  readonly #onWatched: (watched: boolean) => void;

  /** `onWatched` is told when the first begins to look, and when the last one has gone */
  constructor(onWatched: (watched: boolean) => void = () => {}) {
    this.#onWatched = onWatched;
  }

  /** false: no room. `greeting` is told to the new one alone. */
  add(response: ServerResponse, greeting: string | null): boolean {
    if (this.#open.size >= LISTENERS_MAX) return false;
    response.writeHead(200, {
      ...SAFE_HEADERS,
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    response.write(`retry: 1000\n\n${greeting === null ? "" : eventText("status", greeting)}`);
    response.on("close", () => this.#drop(response));
    this.#open.add(response);
    if (this.#open.size === 1) this.#onWatched(true);
    return true;
  }
  send(event: string, data: string): void {
    if (this.#open.size === 0) return;
    const text = eventText(event, data);
    for (const response of this.#open) {
      if (response.writableLength > WAITING_BYTES_MAX) {
        this.#drop(response);
        response.destroy();
      } else response.write(text);
    }
  }
  #drop(response: ServerResponse): void {
    if (this.#open.delete(response) && this.#open.size === 0) this.#onWatched(false);
  }
  get size(): number {
    return this.#open.size;
  }
}
