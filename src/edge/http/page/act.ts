// Acts of people. Each shows exactly what will happen, asks for the operator's token and a reason, and says
// what the node answered. The token stays in this tab's memory; it is never stored and never in an address.
import { type Children, el, replace, wordsOfError } from "./dom.ts";
import type { Waiting } from "./ledger.ts";
import { withCommands } from "./pieces.ts";

let token = "";
/** of one that is not here any more a new one is asked */
const dialog = (): HTMLDialogElement => document.getElementById("ask") as HTMLDialogElement;
/** a page that was loaded without TLS from elsewhere has no randomUUID */
const newRequestId = (): string =>
  `page-${Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("")}`;

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly words: {
    readonly accepted?: boolean;
    readonly title?: string;
    readonly error?: string;
    readonly detail?: string;
    readonly remedy?: string;
  };
}
interface Ask {
  readonly title: string;
  /** what will happen, in words */
  readonly happens: string;
  /** more that a person should see before they say yes */
  readonly shows?: Children;
  readonly role: string;
  /** the requests, sent in order until one is refused */
  readonly steps: readonly { readonly path: string; readonly body: object }[];
  readonly danger?: boolean;
}

async function send(path: string, body: object): Promise<Answer> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ ...body, request_id: newRequestId() }),
  });
  const words = (await answer.json().catch(() => ({}))) as Answer["words"];
  return { ok: answer.ok && words.accepted !== false, status: answer.status, words };
}

function askFor({ title, happens, shows = null, role, steps, danger = false }: Ask): void {
  const box = dialog();
  const result = el("p", { class: "result", role: "status" });
  const tokenField = el("input", {
    id: "ask-token",
    type: "password",
    autocomplete: "off",
    value: token,
    required: true,
  });
  const reasonField = el("input", {
    id: "ask-reason",
    type: "text",
    maxlength: "500",
    required: true,
    autocomplete: "off",
  });
  const go = el("button", { type: "submit", class: danger ? "danger" : "primary" }, title);
  const form = el(
    "form",
    {
      method: "dialog",
      onsubmit: async (event: Event) => {
        event.preventDefault();
        token = tokenField.value.trim();
        go.disabled = true;
        result.removeAttribute("data-outcome");
        result.className = "result";
        replace(result, "Sending…");
        let outcome: Answer | null = null;
        for (const { path, body } of steps) {
          outcome = await send(path, { ...body, reason: reasonField.value }).catch((cause) => ({
            ok: false,
            status: 0,
            words: { error: wordsOfError(cause) },
          }));
          if (!outcome.ok) break;
        }
        go.disabled = false;
        if (outcome === null) return;
        if (outcome.status === 401) token = "";
        result.className = `result ${outcome.ok ? "good" : "bad"}`;
        const { words } = outcome;
        result.setAttribute("data-outcome", outcome.ok ? "accepted" : "refused");
        replace(
          result,
          outcome.ok
            ? "Accepted. The receipt carries your name and reason."
            : withCommands(
                `Refused: ${words.title ?? words.error ?? outcome.status}${words.detail ? ` (${words.detail})` : ""}. ${words.remedy ?? ""}`,
              ),
        );
        if (outcome.ok)
          setTimeout(() => {
            if (form.isConnected) box.close();
          }, 900);
      },
    },
    el("h2", { id: "ask-title" }, title),
    el("p", {}, happens),
    shows,
    el("p", { class: "quiet" }, `Needs the role ${role}. Leaves a receipt.`),
    el("label", { for: "ask-token" }, "Operator token"),
    tokenField,
    el("label", { for: "ask-reason" }, "Reason"),
    reasonField,
    result,
    el(
      "div",
      { class: "buttons" },
      el("button", { type: "button", onclick: () => box.close() }, "Cancel"),
      go,
    ),
  );
  replace(box, form);
  box.showModal();
  (token === "" ? tokenField : reasonField).focus();
}

export const askReset = (): void =>
  askFor({
    title: "Reset",
    role: "reset",
    happens:
      "Latched causes whose condition has ended are cleared. The cell stays blocked: reset never starts motion.",
    // released, pressed, released: only a rising edge counts
    steps: [0, 1, 0].map((level) => ({ path: "/v1/reset", body: { level } })),
  });
export const askResume = (): void =>
  askFor({
    title: "Resume",
    role: "resume",
    danger: true,
    happens:
      "The robot may move again, at once. Look into the cell first. Actions proposed before the stop stay void.",
    steps: [{ path: "/v1/resume", body: {} }],
  });
export const askKill = (): void =>
  askFor({
    title: "Kill",
    role: "kill",
    danger: true,
    happens:
      "The cell stops and stays stopped, also after a restart, until somebody with the role kill releases it. This is no emergency stop.",
    steps: [{ path: "/v1/kill", body: {} }],
  });
/** the same act where a whole rollout is in view: it must not be taken for more than it is */
export const askKillHere = (): void =>
  askFor({
    title: "Kill this cell",
    role: "kill",
    danger: true,
    happens:
      "This cell alone stops and stays stopped, also after a restart, until somebody with the role kill releases it. The rollout and the other cells go on: whoever runs the rollout ends it at its centre (cellgate rollout kill). This is no emergency stop.",
    steps: [{ path: "/v1/kill", body: {} }],
  });
export const askUnkill = (): void =>
  askFor({
    title: "Release kill",
    role: "kill",
    happens: "The kill switch is released. The cell stays blocked: reset, then resume.",
    steps: [{ path: "/v1/unkill", body: {} }],
  });
export const askApproval = (open: Waiting, granted: boolean): void =>
  askFor({
    title: granted ? "Approve" : "Deny",
    role: "approve",
    danger: granted,
    happens: granted
      ? `“${open.action_id}” of ${open.proposer} was judged RED (${open.code}): ${open.summary}. It is checked once more; if nothing forbids it, it runs at once.`
      : `“${open.action_id}” of ${open.proposer} will not run.`,
    shows: el(
      "p",
      { class: "quiet" },
      "Your answer is bound to the contents with the hash ",
      el("code", { class: "hash" }, open.args_hash),
      ". If anything of it, of the configuration or of the risk head changes before, it is void.",
    ),
    steps: [
      {
        path: `/v1/approvals/${encodeURIComponent(open.action_id)}`,
        body: {
          granted,
          args_hash: open.args_hash,
          config_hash: open.config_hash,
          model_hash: open.model_hash,
        },
      },
    ],
  });
