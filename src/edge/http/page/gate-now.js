// The gate as it stands now: who waits for a person, what was judged since the start, and why it was RED.
import { askApproval } from "./act.js";
import { shareBar } from "./chart.js";
import { codeTitle, el, heading, lasting, pill, sheet, swap } from "./dom.js";
import { actionLink, cardOf } from "./pieces.js";

export function drawWaiting(node, { gate, at, config_hash }) {
  swap(
    node,
    [gate.approvals.map((a) => [a.action_id, a.code, Math.ceil((a.expires_at - at) / 1e6)]), gate.enforced],
    () =>
      gate.approvals.length === 0
        ? []
        : [
            heading(`Waits for a person (${gate.approvals.length})`),
            el(
              "div",
              { class: "waiting" },
              gate.approvals.map((a) =>
                el(
                  "article",
                  { class: "sheet wait" },
                  el("div", {}, pill("RED", "bad"), " ", el("strong", {}, a.summary)),
                  el("p", {}, `${codeTitle(a.code)} (${a.code})`),
                  el(
                    "p",
                    { class: "quiet" },
                    `“${a.action_id}”, proposed by ${a.proposer}. Void in ${lasting((a.expires_at - at) / 1e6)}.`,
                  ),
                  el(
                    "div",
                    { class: "buttons" },
                    el(
                      "button",
                      {
                        type: "button",
                        class: "danger",
                        onclick: () => askApproval({ ...a, config_hash }, true),
                      },
                      "Approve…",
                    ),
                    el(
                      "button",
                      { type: "button", onclick: () => askApproval({ ...a, config_hash }, false) },
                      "Deny…",
                    ),
                    actionLink(a.action_id, "Why it is RED"),
                  ),
                ),
              ),
            ),
          ],
  );
}

const VERDICT_CARDS = [
  ["green", "GREEN", "good", "ran"],
  ["yellow", "YELLOW", "warn", "ran watched"],
  ["red", "RED", "bad", "did not run by themselves"],
];
const ENDS = { ended_completed: "completed", ended_aborted: "aborted", ended_revoked: "revoked" };
/** counts since the start of this run; reasons come as codes */
export function drawCounts(node, { counts, stage, enforced, open }) {
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
      cardOf("Proposed", counts.proposed ?? 0, `${open.length} open: judged, waiting or running`),
      ...VERDICT_CARDS.map(([name, title, tone, detail]) =>
        cardOf(
          title,
          counts[name] ?? 0,
          (counts[name] ?? 0) === 0 ? "none since the start" : detail,
          (counts[name] ?? 0) === 0 ? "plain" : tone,
        ),
      ),
      cardOf("Permits", counts.permits ?? 0, ended.length === 0 ? "none has ended" : ended.join(", ")),
    ];
  });
}

export function drawReasons(node, { counts }) {
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
