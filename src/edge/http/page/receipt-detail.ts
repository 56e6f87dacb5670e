// One receipt with its proof. The check runs here, in the browser: the node is not asked whether it tells the truth.
import { el, getJson, heading, pill, quietSheet, replace, sheet, wordsOfError } from "./dom.ts";
import type { Alive } from "./ledger.ts";

interface OneReceipt {
  readonly text: string | null;
  readonly proof: string | null;
  readonly key: string | null;
  readonly why: string;
}

export async function drawReceipt(node: HTMLElement, id: string, alive: Alive) {
  let found: OneReceipt;
  try {
    found = await getJson<OneReceipt>(`/data/receipt?${new URLSearchParams({ id })}`);
  } catch (cause) {
    if (alive.here) replace(node, heading("One receipt"), sheet(wordsOfError(cause)));
    return;
  }
  if (!alive.here) return;
  if (found.text === null && found.proof === null)
    return replace(node, heading("One receipt", id), quietSheet(`Not found: ${found.why}.`));
  const text = found.text === null ? null : JSON.stringify(JSON.parse(found.text), null, 2);
  replace(
    node,
    heading("One receipt", id),
    text === null ? sheet(found.why) : el("pre", { class: "sheet receipt-text", tabindex: "0" }, text),
    proofSheet(found, id),
  );
}

function proofSheet({ proof, key, text, why }: OneReceipt, id: string): HTMLElement {
  if (proof === null) return sheet(el("strong", {}, "No proof yet. "), why);
  const keyField = el("textarea", { id: "proof-key", rows: "3", spellcheck: "false" });
  keyField.value = key ?? "";
  const steps = el("ol", { class: "proof-steps" });
  const verdict = el("p", { role: "status", class: "result" });
  const check = el(
    "button",
    {
      type: "button",
      class: "primary",
      onclick: async () => {
        check.disabled = true;
        // the verifier comes from the node too, and only when somebody asks for a proof
        const { verifyProof } = await import("./verify.ts");
        const outcome = await verifyProof(proof, keyField.value, text);
        check.disabled = false;
        replace(
          steps,
          outcome.steps.map(({ ok, text: words }) =>
            el("li", {}, pill(ok ? "holds" : "fails", ok ? "good" : "bad"), ` ${words}`),
          ),
        );
        verdict.className = `result ${outcome.ok ? "good" : "bad"}`;
        verdict.textContent = outcome.ok
          ? "This receipt stands, unchanged, in the signed ledger."
          : "NOT proven.";
      },
    },
    "Verify in this browser",
  );
  const file = URL.createObjectURL(new Blob([proof], { type: "text/plain" }));
  return el(
    "div",
    {},
    heading("Proof"),
    el(
      "div",
      { class: "sheet" },
      el("label", { for: "proof-key" }, "Public key of the ledger"),
      keyField,
      el(
        "p",
        { class: "quiet" },
        "Filled with the key that this node shows. It proves most when you paste the key that was handed to you at installation.",
      ),
      el(
        "div",
        { class: "buttons" },
        check,
        el("a", { href: file, download: `${id}.tlog-proof` }, "Save the proof file"),
      ),
      verdict,
      steps,
      el("details", {}, el("summary", {}, "The proof file"), el("pre", {}, proof)),
    ),
  );
}
