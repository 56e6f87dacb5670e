// What the node says, as it says it. When it falls silent the page says so: old data is never shown as live.
const LOST_AFTER_MS = 1_000;
const hearers = { status: new Set(), receipt: new Set(), block: new Set(), link: new Set() };
export const live = { status: null, heardAt: -Infinity, lost: true };
const tell = (kind, data) => hearers[kind].forEach((hear) => hear(data));

/** Calls `hear` from now on; gives back how to stop it. */
export function on(kind, hear) {
  hearers[kind].add(hear);
  return () => hearers[kind].delete(hear);
}
export function start() {
  const source = new EventSource("/live");
  source.addEventListener("status", (event) => {
    live.status = JSON.parse(event.data);
    live.heardAt = performance.now();
    if (live.lost) {
      live.lost = false;
      tell("link", false);
    }
    tell("status", live.status);
  });
  for (const kind of ["receipt", "block"]) source.addEventListener(kind, (event) => tell(kind, JSON.parse(event.data)));
  setInterval(() => {
    const lost = performance.now() - live.heardAt > LOST_AFTER_MS;
    if (lost === live.lost) return;
    live.lost = lost;
    tell("link", lost);
  }, 200);
}
