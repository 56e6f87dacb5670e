// The frame: which view is shown, whether the node is heard, dark or light.
import type { NodeStatus } from "../../../core/domain/index.ts";
import type { Alive } from "./ledger.ts";
import { el, getJson, lasting, loadCodes, replace, setText } from "./dom.ts";
import { live, on, start } from "./live.ts";
import { auditView } from "./audit.ts";
import { decisionsView } from "./decisions.ts";
import { nowView } from "./now.ts";
import { promotionsView } from "./promotions.ts";
import { receiptsView } from "./receipts.ts";
import { riskView } from "./risk.ts";
import { rolloutsView } from "./rollouts.ts";

/** A view builds itself into the element and gives back how to end it. */
type View = (root: HTMLElement, rest: readonly string[], alive: Alive) => (() => void) | undefined;
const VIEWS: readonly (readonly [id: string, title: string, make: View])[] = [
  ["now", "Now", nowView],
  ["risk", "Risk", riskView],
  ["decisions", "Decisions", decisionsView],
  ["promotions", "Promotions", promotionsView],
  ["rollouts", "Rollouts", rolloutsView],
  ["receipts", "Receipts", receiptsView],
  ["audit", "Audit", auditView],
];
const byId = (id: string): HTMLElement => document.getElementById(id)!;
let end = (): void => {};

/** #receipts/abc: view and what it is to show */
const place = (): { view: (typeof VIEWS)[number]; rest: string[] } => {
  const [name, ...rest] = location.hash.slice(1).split("/");
  const view = VIEWS.find(([id]) => id === name) ?? VIEWS[0]!;
  return {
    view,
    rest: rest.map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return "";
      }
    }),
  };
};
function show(focus: boolean): void {
  const {
    view: [id, title, make],
    rest,
  } = place();
  end();
  const main = byId("view");
  replace(main);
  main.className = `view-${id}`;
  document.title = `${title} · cellgate`;
  for (const link of byId("nav").querySelectorAll("a")) {
    if (link.dataset["view"] === id) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  byId("nav").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  main.append(el("h1", { class: "view-title" }, title));
  const alive: Alive = { here: true };
  const stop = make(main, rest, alive);
  end = () => {
    alive.here = false;
    stop?.();
  };
  if (focus) main.focus({ preventScroll: true });
}

function drawLink(): void {
  const link = byId("link");
  const lost = byId("lost");
  const { status } = live;
  const never = status === null;
  const text = never
    ? performance.now() > 2_000
      ? "no node"
      : "connecting"
    : live.lost
      ? "lost"
      : status.simulated
        ? "live · simulated"
        : "live";
  link.className = `pill ${live.lost ? "bad" : "good"}`;
  setText(link, text);
  document.documentElement.dataset["lost"] = String(live.lost && !never);
  lost.hidden = !live.lost || (never && performance.now() < 2_000);
  if (!lost.hidden)
    setText(
      lost,
      never
        ? "The node does not answer. Nothing is known about the cell. Trying again…"
        : `Lost the node ${lasting((performance.now() - live.heardAt) / 1_000)} ago. What stands below is old, not live. The cell may be in any state: look into it. Trying again…`,
    );
}

/** Whatever a person looks at, they see that somebody waits for their answer. */
function drawAsking({ gate }: NodeStatus): void {
  const link = document.querySelector('nav [data-view="decisions"]')!;
  const waiting = gate.approvals.length;
  link.className = waiting > 0 ? "asks" : "";
  setText(link, waiting > 0 ? `Decisions (${waiting})` : "Decisions");
}

const THEMES = ["auto", "light", "dark"];
const stored = (): string => {
  try {
    return localStorage.getItem("theme") ?? "auto";
  } catch {
    return "auto";
  }
};
const systemDark = matchMedia("(prefers-color-scheme: dark)");
function useTheme(theme: string): void {
  const root = document.documentElement;
  root.dataset["theme"] = theme;
  root.dataset["dark"] = String(theme === "dark" || (theme === "auto" && systemDark.matches));
  byId("theme").textContent = `Theme: ${theme}`;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    /* a browser that keeps nothing */
  }
}

const themeNow = (): string => document.documentElement.dataset["theme"] ?? "auto";

async function begin(): Promise<void> {
  useTheme(THEMES.includes(stored()) ? stored() : "auto");
  byId("theme").addEventListener("click", () => {
    useTheme(THEMES[(THEMES.indexOf(themeNow()) + 1) % THEMES.length]!);
    show(false);
  });
  systemDark.addEventListener("change", () => {
    useTheme(themeNow());
    show(false);
  });
  replace(
    byId("nav"),
    VIEWS.map(([id, title]) => el("a", { href: `#${id}`, "data-view": id }, title)),
  );
  document.querySelector(".skip")!.addEventListener("click", (event) => {
    event.preventDefault();
    byId("view").focus();
  });
  addEventListener("hashchange", () => show(true));
  start();
  on("link", (lost) => {
    drawLink();
    if (!lost) void loadCodes().catch(() => {});
  });
  setInterval(drawLink, 500);
  drawLink();
  let boot: string | null = null;
  on("status", (status) => {
    setText(byId("cell"), `${status.cell} · ${status.version}`);
    drawAsking(status);
    document.documentElement.dataset["state"] = status.state;
    const run = `${status.boot}/${status.config_hash}`;
    // another run of the node: its clock and history begin anew
    if (boot !== null && boot !== run) show(false);
    boot = run;
  });
  await Promise.allSettled([
    loadCodes(),
    getJson<{ readonly cell: string; readonly version: string }>("/data/about").then(({ cell, version }) =>
      setText(byId("cell"), `${cell} · ${version}`),
    ),
  ]);
  show(false);
}
void begin();
