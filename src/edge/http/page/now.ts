// One look: may the cell move, why not, what clears it and who may; then the picture and the evidence.
import type { NodeStatus } from "../../../core/domain/index.ts";
import { el, heading, lasting, number, pill, swap, table } from "./dom.ts";
import { gaugesPart } from "./gauges.ts";
import { heroPart } from "./hero.ts";
import { live, on } from "./live.ts";
import { marginsPart } from "./margins.ts";
import { picturePart } from "./picture.ts";
import { actionLink, withCommands } from "./pieces.ts";
import { sourcesPart } from "./sources.ts";
import { clearsText, severityTone } from "./state-words.ts";
import { stripPart } from "./strip.ts";
import { followTape, type Tape } from "./tape.ts";
import { vitalsPart } from "./vitals.ts";

/** A piece of a view: its element, and what it does with what the node says. */
interface Part {
  readonly node: HTMLElement;
  update?(status: NodeStatus): void;
  tape?(tape: Tape): void;
  end?(): void;
}

export function nowView(root: HTMLElement): () => void {
  const [hero, gauges, strip, vitals] = [heroPart(), gaugesPart(), stripPart(), vitalsPart()];
  const [causes, sources, running] = [causesPart(), sourcesPart(), runningPart()];
  const [picture, margins] = [picturePart(), marginsPart()];
  const parts: readonly Part[] = [hero, gauges, strip, vitals, causes, sources, running, picture, margins];
  root.append(
    el(
      "div",
      { class: "now" },
      el("div", { class: "now-main" }, hero.node, picture.node, causes.node),
      el("div", { class: "now-side" }, gauges.node, strip.node),
      el("div", { class: "now-vitals" }, vitals.node),
      el("div", { class: "now-margins" }, margins.node),
      el("div", { class: "now-sources" }, sources.node),
      el("div", { class: "now-running" }, running.node),
    ),
  );
  const update = (status: NodeStatus): void => parts.forEach((part) => part.update?.(status));
  if (live.status !== null) update(live.status);
  const stops = [on("status", update), followTape((tape) => parts.forEach((part) => part.tape?.(tape)))];
  return () => {
    stops.forEach((stop) => stop());
    parts.forEach((part) => part.end?.());
  };
}

function causesPart(): Part {
  const node = el("section", { class: "causes" });
  return {
    node,
    update({ causes }) {
      swap(
        node,
        causes.map((c) => [c.code, c.source, c.active, c.latched, c.severity, c.detail]),
        () => (causes.length === 0 ? [] : [heading(`Causes (${causes.length})`), causeTable(causes)]),
      );
    },
  };
}
const causeTable = (causes: NodeStatus["causes"]): HTMLElement =>
  table(
    ["Cause", "Pushes", "Now", "What clears it, and who may"],
    causes.map((c) => [
      el(
        "div",
        {},
        el("strong", {}, c.title),
        el("div", { class: "quiet" }, `${c.code} · ${c.source}${c.detail === "" ? "" : `: ${c.detail}`}`),
      ),
      pill(c.severity, severityTone(c.severity)),
      c.active ? pill("holds", "bad") : c.latched ? pill("latched", "warn") : pill("over", "good"),
      el(
        "div",
        {},
        clearsText(c),
        c.remedy === "" ? null : el("div", { class: "quiet" }, withCommands(c.remedy)),
      ),
    ]),
    "",
  );

function runningPart(): Part {
  const node = el("section");
  return {
    node,
    update({ gate, t_us }) {
      const { watchers, open } = gate;
      swap(
        node,
        [
          watchers.map((w) => w.action_id),
          open.map((o) => [o.action_id, o.state]),
          gate.stage,
          gate.enforced,
        ],
        () => [
          heading(
            "Watchers and permits",
            gate.enforced
              ? `stage ${gate.stage}`
              : `stage ${gate.stage}: shadow, verdicts are written down and enforce nothing`,
          ),
          table(
            ["Action", "Proposer", "State", "Watched until", "Limits"],
            open.map((o) => {
              const watcher = watchers.find((w) => w.action_id === o.action_id);
              return [
                actionLink(o.action_id),
                `${o.proposer} · ${o.verb}`,
                pill(o.state, o.state === "waiting" ? "warn" : "plain"),
                watcher === undefined ? "–" : `${lasting((watcher.ends_at_us - t_us) / 1e6)} from its start`,
                watcher === undefined
                  ? "–"
                  : Object.entries(watcher.limits)
                      .map(([k, v]) => `${k} ${number(v, 3)}`)
                      .join(", "),
              ];
            }),
            "No action is open: no watcher, no permit.",
          ),
        ],
      );
    },
  };
}
