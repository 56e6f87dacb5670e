// The one look: may the cell move, why not, what clears it and who may.
import { askKill, askReset, askResume, askUnkill } from "./act.js";
import { el, lasting, setText, swap } from "./dom.js";
import { withCommands } from "./pieces.js";
import { clearsText, stateShape, wordsOf } from "./state-words.js";

export function heroPart() {
  const picture = el("div", { class: "hero-picture" });
  const head = el("p", { class: "hero-head" }, "…");
  const state = el("p", { class: "hero-state" });
  const why = el("div", { class: "hero-why" });
  const buttons = el(
    "div",
    { class: "buttons" },
    el("button", { type: "button", onclick: askReset }, "Reset…"),
    el("button", { type: "button", onclick: askResume }, "Resume…"),
    el("button", { type: "button", class: "danger", onclick: askKill }, "Kill…"),
  );
  const release = el("button", { type: "button", onclick: askUnkill }, "Release kill…");
  const node = el(
    "section",
    { class: "hero plain", "aria-label": "State of the cell" },
    picture,
    el("div", { class: "hero-text" }, head, state, why, buttons),
  );
  return {
    node,
    update(status) {
      const words = wordsOf(status.state);
      node.className = `hero ${words.tone}`;
      swap(picture, status.state, () => stateShape(status.state));
      setText(head, words.head);
      setText(
        state,
        `${status.state}: ${words.text}. For ${lasting((status.t_us - status.state_since_us) / 1e6)}.`,
      );
      const worst = status.causes.find((c) => c.code === status.why.code && c.source === status.why.source);
      swap(why, [status.why, worst?.active, worst?.latched, status.state], () => whyWords(status, worst));
      const killed = status.causes.some((c) => c.code === "KILLED");
      if (killed !== release.isConnected) killed ? buttons.append(release) : release.remove();
    },
  };
}
function whyWords({ why, state }, worst) {
  if (state === "RUNNING") return [];
  return [
    el(
      "p",
      { class: "cause-title" },
      why.title,
      el("span", { class: "hint" }, [why.source, why.detail].filter((t) => t !== "").join(": ")),
    ),
    worst === undefined
      ? null
      : el(
          "p",
          {},
          worst.active
            ? "The condition holds now. "
            : worst.latched
              ? "The condition has ended; its latch holds. "
              : "",
          clearsText(worst),
        ),
    why.remedy === "" ? null : el("p", { class: "remedy" }, "What to do: ", withCommands(why.remedy)),
    state === "READY_BLOCKED" ? el("p", {}, "Who may resume: role resume.") : null,
  ];
}
