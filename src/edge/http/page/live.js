// What the node says, as it says it. When it falls silent the page says so: old data is never shown as live.
const LOST_AFTER_MS = 1_000;
const AGAIN_AFTER_MS = 1_000;
const hearers = { status: new Set(), receipt: new Set(), block: new Set(), link: new Set() };
export const live = { status: null, heardAt: -Infinity, lost: true };
const tell = (kind, data) => {
  for (const hear of [...hearers[kind]]) hear(data);
};

/** Calls `hear` from now on; gives back how to stop it. */
export function on(kind, hear) {
  hearers[kind].add(hear);
  return () => hearers[kind].delete(hear);
}
function setLost(lost) {
  if (lost === live.lost) return;
  live.lost = lost;
  tell("link", lost);
}
function listen() {
  const source = new EventSource("/live");
  source.addEventListener("status", (event) => {
    live.status = JSON.parse(event.data);
    live.heardAt = performance.now();
    setLost(false);
    tell("status", live.status);
  });
  for (const kind of ["receipt", "block"])
    source.addEventListener(kind, (event) => tell(kind, JSON.parse(event.data)));
  // a browser tries again by itself, unless it was turned away
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_AFTER_MS);
  });
}
export function start() {
  listen();
  setInterval(() => setLost(performance.now() - live.heardAt > LOST_AFTER_MS), 200);
}
