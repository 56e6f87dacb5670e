// The ledger: search it, open one receipt, check its proof.
import type { ReceiptType } from "../../../core/domain/index.ts";
import { type Alive, type Found, type Full, isFull, type Row } from "./ledger.ts";
import { el, getJson, heading, quietSheet, replace, table, wall, wordsOfError } from "./dom.ts";
import { on } from "./live.ts";
import { receiptLink } from "./pieces.ts";
import { drawReceipt } from "./receipt-detail.ts";
import { wordsOfReceipt } from "./story.ts";

const TYPES = [
  "state_change",
  "fault",
  "gate_decision",
  "block",
  "monte_carlo",
  "approval",
  "permit_used",
  "watcher",
  "wound",
  "spawn",
  "finding",
  "lift",
  "convergence",
  "stoprule",
  "promotion",
  "rollback",
  "rollout",
  "audit",
  "config_change",
  "telemetry_digest",
  "anchor",
];
const AGAIN_MS = 500;

/** Calls `draw` with receipts of these types, newest first, now and whenever one is written. */
export function followReceipts<T extends ReceiptType>(
  types: readonly T[],
  draw: (rows: readonly Full<T>[]) => unknown,
  alive: Alive,
): () => void {
  let timer: number | undefined;
  const load = async () => {
    timer = undefined;
    try {
      const answers = await Promise.all(
        types.map((type) => getJson<Found<T>>(`/data/receipts?type=${type}`)),
      );
      if (alive.here)
        draw(
          answers
            .flatMap((a) => a.rows)
            .filter((r) => isFull(r))
            .sort((a, b) => b.at - a.at || b.index - a.index),
        );
    } catch {
      /* the banner says that the node is lost; it is asked again when it is back */
    }
  };
  const again = () => {
    timer ??= setTimeout(() => void load(), AGAIN_MS);
  };
  const stops = [
    on("receipt", ({ body }) => {
      if ((types as readonly string[]).includes(body.receipt_type)) again();
    }),
    on("link", (lost) => {
      if (!lost) again();
    }),
  ];
  void load();
  return () => {
    clearTimeout(timer);
    stops.forEach((stop) => stop());
  };
}

export function receiptsView(root: HTMLElement, [id]: readonly string[], alive: Alive): () => void {
  const type = el(
    "select",
    { id: "f-type" },
    el("option", { value: "-telemetry_digest" }, "all but digests"),
    el("option", { value: "" }, "all"),
    TYPES.map((t) => el("option", { value: t }, t)),
  );
  const search = el("input", {
    id: "f-search",
    type: "search",
    placeholder: "id, operator, code, action…",
    maxlength: "200",
    autocomplete: "off",
    spellcheck: "false",
  });
  const since = el("input", { id: "f-since", type: "datetime-local", step: "1" });
  const until = el("input", { id: "f-until", type: "datetime-local", step: "1" });
  const list = el("div");
  const count = el("p", { class: "quiet", role: "status" });
  const detail = el("section", { class: "detail-pane" });
  const chosen = id !== undefined && id !== "";
  const micros = (field: HTMLInputElement): number | null =>
    field.value === "" ? null : Math.max(0, new Date(field.value).getTime()) * 1000;
  const load = async () => {
    const params = new URLSearchParams();
    if (type.value.startsWith("-")) params.set("without", type.value.slice(1));
    else if (type.value !== "") params.set("type", type.value);
    if (search.value.trim() !== "") params.set("search", search.value.trim());
    if (micros(since) !== null) params.set("since", String(micros(since)));
    if (micros(until) !== null) params.set("until", String(micros(until)));
    try {
      const { rows, looked } = await getJson<Found>(`/data/receipts?${params}`);
      if (!alive.here) return;
      count.textContent =
        search.value.trim() === ""
          ? `${rows.length} newest`
          : `${rows.length} found among the ${looked} newest that fit`;
      replace(
        list,
        table(
          ["When", "Type", "What"],
          rows.map((r: Row) => receiptRow(r, id)),
          "No receipt fits.",
        ),
      );
    } catch (cause) {
      if (alive.here) count.textContent = `The ledger could not be asked: ${wordsOfError(cause)}`;
    }
  };
  let timer: number | undefined;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void load(), 250);
  };
  const form = el(
    "form",
    {
      class: "filters",
      role: "search",
      onsubmit: (event) => {
        event.preventDefault();
        void load();
      },
    },
    field("f-search", "Search", search),
    field("f-type", "Type", type),
    field("f-since", "From", since),
    field("f-until", "Until", until),
    count,
  );
  form.addEventListener("input", soon);
  root.append(form, el("div", { class: chosen ? "split chosen" : "split" }, el("section", {}, list), detail));
  void load();
  if (id !== undefined && chosen) void drawReceipt(detail, id, alive);
  else
    replace(
      detail,
      heading("One receipt"),
      quietSheet("Choose a receipt to see its text and to check its proof in this browser."),
    );
  return () => clearTimeout(timer);
}
const field = (id: string, text: string, control: HTMLElement): HTMLElement =>
  el("div", { class: "field" }, el("label", { for: id }, text), control);
function receiptRow(r: Row, chosen: string | undefined): HTMLTableRowElement {
  const [tone, text] = wordsOfReceipt(r.body);
  return el(
    "tr",
    { class: r.id === chosen ? "chosen" : null },
    el("td", { class: "nowrap" }, wall(r.at)),
    el("td", { class: "nowrap" }, receiptLink(r.id, r.type)),
    el("td", {}, el("span", { class: `words ${tone}` }, text)),
  );
}
