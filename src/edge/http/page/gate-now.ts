// The gate as it stands now: who waits for a person, what was judged since the start, and why it was RED.
import type { NodeStatus } from "../../../core/domain/index.ts";
import { shareBar } from "../../report/page/index.ts";
import { askApproval } from "./act.ts";
import { cardOf, codeTitle, el, heading, lasting, pill, rowsIn, setText, sheet, swap } from "./dom.ts";
import type { Waiting } from "./ledger.ts";
import { actionLink } from "./pieces.ts";

type Gate = NodeStatus["gate"];

/** One card per question, made once: what is focused or selected in it stays so until it is answered. */
export function waitingPart(): { readonly node: HTMLElement; update(status: NodeStatus): void } {
  const title = el("h2", { id: "waiting-title" });
  const cards = el("div", { class: "waiting" });
  const rows = rowsIn<Waiting>(cards, waitingCard);
  const node = el("section", { "aria-labelledby": "waiting-title", hidden: true }, title, cards);
  return {
    node,
    update({ gate, at, config_hash }) {
      const waiting = gate.approvals.map((a) => ({ ...a, config_hash, left_s: (a.expires_at - at) / 1e6 }));
      node.hidden = waiting.length === 0;
      setText(title, `Waits for a person (${waiting.length})`);
      // a question about other contents is another question
      rows(waiting.map((a) => [`${a.action_id}/${a.args_hash}/${a.config_hash}/${a.model_hash}`, a]));
    },
  };
}

const HASH_SHOWN = 16;
function waitingCard(first: Waiting): { node: HTMLElement; update(next: Waiting): void } {
  const left = el("span");
  const bar = el("progress", { max: first.left_s, value: first.left_s, "aria-label": "Time left to answer" });
  const asks = first.caller === undefined ? first.proposer : `${first.proposer}, by ${first.caller}`;
  const node = el(
    "article",
    { class: "sheet wait", "aria-label": `Question about ${first.action_id}` },
    el("div", {}, pill("RED", "bad"), " ", el("strong", {}, first.summary)),
    el(
      "dl",
      { class: "asked" },
      el("dt", {}, "Who asks"),
      el("dd", {}, `“${first.action_id}”, proposed by ${asks}`),
      el("dt", {}, "Why it is RED"),
      el(
        "dd",
        {},
        `${codeTitle(first.code)} (${first.code})${(first.reason ?? "") === "" ? "" : `: ${first.reason}`}`,
      ),
      el("dt", {}, "If nobody answers"),
      el("dd", {}, "it does not run: silence is a no, with a receipt"),
      el("dt", {}, "Time left"),
      el("dd", { class: "left" }, left, bar),
      el("dt", {}, "What is answered"),
      el(
        "dd",
        {},
        el("code", { title: first.args_hash }, first.args_hash.slice(0, HASH_SHOWN)),
        " and no other contents",
      ),
    ),
    el(
      "div",
      { class: "buttons" },
      el("button", { type: "button", class: "danger", onclick: () => askApproval(first, true) }, "Approve…"),
      el("button", { type: "button", onclick: () => askApproval(first, false) }, "Deny…"),
      actionLink(first.action_id, "Its life and figures"),
    ),
  );
  return {
    node,
    update({ left_s }) {
      setText(left, `void in ${lasting(Math.ceil(left_s))}`);
      bar.value = Math.max(0, left_s);
    },
  };
}

const VERDICT_CARDS = [
  ["green", "GREEN", "good", "ran"],
  ["yellow", "YELLOW", "warn", "ran watched"],
  ["red", "RED", "bad", "did not run by themselves"],
] as const;
const ENDS = { ended_completed: "completed", ended_aborted: "aborted", ended_revoked: "revoked" };
/** counts since the start of this run; reasons come as codes */
export function drawCounts(node: HTMLElement, { counts, stage, enforced, open }: Gate): void {
  swap(node, [counts, stage, enforced, open.length], () => {
    const ended = Object.entries(ENDS)
      .filter(([name]) => (counts[name] ?? 0) > 0)
      .map(([name, text]) => `${counts[name]} ${text}`);
    return [
      cardOf(
        "Stage",
        stage,
        enforced ? "verdicts are enforced" : "shadow: verdicts enforce nothing",
        enforced ? "good" : "warn",
      ),
      cardOf("Proposed", counts["proposed"] ?? 0, `${open.length} open: judged, waiting or running`),
      VERDICT_CARDS.map(([name, title, tone, detail]) =>
        cardOf(
          title,
          counts[name] ?? 0,
          (counts[name] ?? 0) === 0 ? "none since the start" : detail,
          (counts[name] ?? 0) === 0 ? "plain" : tone,
        ),
      ),
      cardOf("Permits", counts["permits"] ?? 0, ended.length === 0 ? "none has ended" : ended.join(", ")),
    ];
  });
}

export function drawReasons(node: HTMLElement, { counts }: Gate): void {
  const reasons = Object.entries(counts)
    .filter(([name, n]) => name.startsWith("code_") && !name.startsWith("code_VERDICT_") && n > 0)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 6);
  const most = reasons[0]?.[1] ?? 1;
  swap(node, reasons, () =>
    reasons.length === 0
      ? []
      : [
          heading("Why RED", "since the start"),
          sheet(reasons.map(([name, n]) => shareBar(codeTitle(name.slice(5)), n / most, "bad", String(n)))),
        ],
  );
}
