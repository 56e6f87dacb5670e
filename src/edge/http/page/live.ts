// What the node says, as it says it. When it falls silent the page says so: old data is never shown as live.
import type { NodeStatus, Receipt } from "../../../core/domain/index.ts";
import type { Frame } from "../../report/page/index.ts";

const LOST_AFTER_MS = 1_000;
const AGAIN_AFTER_MS = 1_000;
interface Said {
  readonly status: NodeStatus;
  readonly receipt: Receipt;
  readonly block: { readonly t_us: number; readonly code: string; readonly detail: string };
  readonly frame: Frame;
  /** true: the node is not heard any more */
  readonly link: boolean;
}
type Hearers = { readonly [K in keyof Said]: Set<(said: Said[K]) => void> };
const hearers: Hearers = {
  status: new Set(),
  receipt: new Set(),
  block: new Set(),
  frame: new Set(),
  link: new Set(),
};
export const live: { status: NodeStatus | null; heardAt: number; lost: boolean } = {
  status: null,
  heardAt: -Infinity,
  lost: true,
};
const tell = <K extends keyof Said>(kind: K, said: Said[K]): void => {
  for (const hear of [...hearers[kind]]) hear(said);
};

/** Calls `hear` from now on; gives back how to stop it. */
export function on<K extends keyof Said>(kind: K, hear: (said: Said[K]) => void): () => void {
  hearers[kind].add(hear);
  return () => void hearers[kind].delete(hear);
}
function setLost(lost: boolean): void {
  if (lost === live.lost) return;
  live.lost = lost;
  tell("link", lost);
}
const saidIn = <K extends keyof Said>(event: Event): Said[K] =>
  JSON.parse((event as MessageEvent<string>).data) as Said[K];

function listen(): void {
  const source = new EventSource("/live");
  source.addEventListener("status", (event) => {
    live.status = saidIn<"status">(event);
    live.heardAt = performance.now();
    setLost(false);
    tell("status", live.status);
  });
  const pass = (kind: "receipt" | "block" | "frame"): void =>
    source.addEventListener(kind, (event) => tell(kind, saidIn<typeof kind>(event) as never));
  pass("receipt");
  pass("block");
  pass("frame");
  // a browser tries again by itself, unless it was turned away
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_AFTER_MS);
  });
}
export function start(): void {
  listen();
  setInterval(() => setLost(performance.now() - live.heardAt > LOST_AFTER_MS), 200);
}
