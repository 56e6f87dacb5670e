// One look: may the cell move, why not, what clears it and who may; then the evidence.
import { el, heading, lasting, number, pill, swap, table } from "./dom.js";
import { gaugesPart } from "./gauges.js";
import { heroPart } from "./hero.js";
import { live, on } from "./live.js";
import { actionLink, withCommands } from "./pieces.js";
import { sourcesPart } from "./sources.js";
import { clearsText, severityTone } from "./state-words.js";
import { stripPart } from "./strip.js";
import { followTape } from "./tape.js";
import { vitalsPart } from "./vitals.js";

export function nowView(root) {
  const parts = [
    heroPart(),
    gaugesPart(),
    stripPart(),
    vitalsPart(),
    causesPart(),
    sourcesPart(),
    runningPart(),
  ];
  const [hero, gauges, strip, vitals, causes, sources, running] = parts.map((p) => p.node);
  root.append(
    el(
      "div",
      { class: "now" },
      el("div", { class: "now-main" }, hero, causes, strip),
      el("div", { class: "now-side" }, gauges),
      el("div", { class: "now-vitals" }, vitals),
      el("div", { class: "now-sources" }, sources),
      el("div", { class: "now-running" }, running),
    ),
  );
  const update = (status) => parts.forEach((part) => part.update?.(status));
  if (live.status !== null) update(live.status);
  const stops = [on("status", update), followTape((tape) => parts.forEach((part) => part.tape?.(tape)))];
  return () => {
    stops.forEach((stop) => stop());
    parts.forEach((part) => part.end?.());
  };
}

function causesPart() {
  const node = el("section", { class: "causes" });
  return {
    node,
    update({ causes }) {
      swap(
        node,
        causes.map((c) => [c.code, c.source, c.active, c.latched, c.severity, c.detail]),
        () =>
          causes.length === 0
            ? []
            : [
                heading(`Causes (${causes.length})`),
                table(
                  ["Cause", "Pushes", "Now", "What clears it, and who may"],
                  causes.map((c) => [
                    el(
                      "div",
                      {},
                      el("strong", {}, c.title),
                      el(
                        "div",
                        { class: "quiet" },
                        `${c.code} · ${c.source}${c.detail === "" ? "" : `: ${c.detail}`}`,
                      ),
                    ),
                    pill(c.severity, severityTone(c.severity)),
                    c.active
                      ? pill("holds", "bad")
                      : c.latched
                        ? pill("latched", "warn")
                        : pill("over", "good"),
                    el(
                      "div",
                      {},
                      clearsText(c),
                      c.remedy === "" ? null : el("div", { class: "quiet" }, withCommands(c.remedy)),
                    ),
                  ]),
                  "",
                ),
              ],
      );
    },
  };
}

function runningPart() {
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
