// The one look: may the cell move, why not, what clears it and who may.
import type { CauseStatus, NodeStatus, ReceiptBodyOf } from "../../../core/domain/index.ts";
import { type Found, isFull } from "./ledger.ts";
import { askKill, askReset, askResume, askUnkill } from "./act.ts";
import { type Children, el, getJson, lasting, replace, setText, swap } from "./dom.ts";
import { on } from "./live.ts";
import { receiptLink, withCommands } from "./pieces.ts";
import { clearsText, stateShape, wordsOf } from "./state-words.ts";

export function heroPart() {
  const picture = el("div", { class: "hero-picture" });
  const head = el("p", { class: "hero-head" }, "…");
  const state = el("p", { class: "hero-state" });
  const why = el("div", { class: "hero-why" });
  const evidence = evidencePart();
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
    el("div", { class: "hero-text" }, head, state, why, evidence.node, buttons),
  );
  return {
    node,
    end: evidence.end,
    update(status: NodeStatus) {
      const words = wordsOf(status.state);
      node.className = `hero ${words.tone}`;
      swap(picture, status.state, () => stateShape(status.state));
      setText(head, words.head);
      setText(
        state,
        `${status.state}: ${words.text}. For ${lasting((status.t_us - status.state_since_us) / 1e6)}.`,
      );
      const worst = status.causes.find((c) => c.code === status.why.code && c.source === status.why.source);
      evidence.update(status.state);
      swap(why, [status.why, worst?.active, worst?.latched, status.state], () => whyWords(status, worst));
      const killed = status.causes.some((c) => c.code === "KILLED");
      if (killed !== release.isConnected) {
        if (killed) buttons.append(release);
        else release.remove();
      }
    },
  };
}
/** The receipt of the change into the state that is shown: what was known when the cell was stopped. */
function evidencePart() {
  const node = el("p", { class: "quiet" });
  let newest: { readonly id: string; readonly to: string } | null = null;
  let state: string | null = null;
  const draw = (): void =>
    replace(
      node,
      newest !== null && newest.to === state && state !== "RUNNING"
        ? ["Evidence: ", receiptLink(newest.id, "the receipt of this change")]
        : [],
    );
  const take = (id: string, body: ReceiptBodyOf<"state_change">): void => {
    newest = { id, to: body.to };
    draw();
  };
  getJson<Found<"state_change">>("/data/receipts?type=state_change")
    .then(({ rows: [row] }) => {
      if (row !== undefined && isFull(row) && newest === null) take(row.id, row.body);
    })
    // a ledger that cannot be asked says so where receipts are shown
    .catch(() => undefined);
  return {
    node,
    end: on("receipt", ({ receipt_id: id, body }) => {
      if (body.receipt_type === "state_change") take(id, body);
    }),
    update(now: string) {
      if (now === state) return;
      state = now;
      draw();
    },
  };
}

function whyWords({ why, state }: NodeStatus, worst: CauseStatus | undefined): Children {
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
