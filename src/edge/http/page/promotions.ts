// What wanted to take the place of what, which checks it met, and what was taken back.
import { type Alive, type Full, type Terms, textIn } from "./ledger.ts";
import { codeEntry, codeTitle, el, getJson, pairs, pill, replace, type Tone, wall } from "./dom.ts";
import { figuresOf } from "./promotion-figures.ts";
import { emptySheet, receiptLink, record, termsOf } from "./pieces.ts";
import { followReceipts } from "./receipts.ts";

type Step = Full<"promotion">;
type Rollback = Full<"rollback">;
const TONES: Readonly<Record<string, Tone>> = {
  passed: "good",
  promoted: "good",
  refused: "bad",
  insufficient: "warn",
};
/** as many as a report is fetched for; those below show their steps and a link */
const FIGURES_SHOWN = 4;
const NAME_LENGTH = 16;
const toneOf = (outcome: string): Tone => TONES[outcome] ?? "plain";
const short = (hash: string): string => (hash.length > 16 ? `${hash.slice(0, 12)}…` : hash);

export function promotionsView(root: HTMLElement, _rest: readonly string[], alive: Alive): () => void {
  const list = el("div", { class: "stack" });
  root.append(
    el(
      "p",
      { class: "lead" },
      "A candidate replaces a baseline only when every check passes. Each check leaves a receipt; a rollback does too.",
    ),
    list,
  );
  const drawAll = async (rows: readonly (Step | Rollback)[]): Promise<void> => {
    const reports = new Set(await getJson<string[]>("/data/reports").catch((): string[] => []));
    if (alive.here) draw(list, rows, reports, alive);
  };
  return followReceipts(["promotion", "rollback"], drawAll, alive);
}
/** one group for each try of a candidate: it ends with the step that decides */
const isRollback = (row: Step | Rollback): row is Rollback => row.body.receipt_type === "rollback";
function groupsOf(rows: readonly (Step | Rollback)[]): readonly (Rollback | Step[])[] {
  const groups: (Rollback | Step[])[] = [];
  const open = new Map<string, Step[]>();
  for (const row of [...rows].reverse()) {
    if (isRollback(row)) {
      groups.push(row);
      continue;
    }
    const key = `${row.body.candidate}/${row.body.baseline}`;
    let group = open.get(key);
    if (group === undefined) {
      group = [];
      open.set(key, group);
      groups.push(group);
    }
    group.push(row);
    if (row.body.step === "decide") open.delete(key);
  }
  return groups.reverse();
}
function draw(
  list: HTMLElement,
  rows: readonly (Step | Rollback)[],
  reports: ReadonlySet<string>,
  alive: Alive,
): void {
  const groups = groupsOf(rows);
  let shown = 0;
  replace(
    list,
    groups.length === 0
      ? emptySheet(
          "No promotion yet.",
          "When a candidate is tried against its baseline (cellgate promote), its checks appear here.",
        )
      : groups.map((group) =>
          Array.isArray(group) ? candidate(group, reports, shown++ < FIGURES_SHOWN, alive) : rollback(group),
        ),
  );
}
function candidate(
  steps: readonly Step[],
  reports: ReadonlySet<string>,
  withFigures: boolean,
  alive: Alive,
): HTMLElement {
  const newest = steps.at(-1)!;
  const { body } = newest;
  const name = body.candidate.slice(0, NAME_LENGTH);
  const reported = reports.has(name);
  return record(
    {
      outcome: body.outcome,
      tone: toneOf(body.outcome),
      title: `${short(body.candidate)} for ${short(body.baseline)}`,
      hint: wall(newest.at),
      more: reported
        ? el(
            "a",
            { class: "to-report", href: `/reports/${name}.html`, target: "_blank", rel: "noopener" },
            "Whole report",
          )
        : null,
    },
    el("p", {}, el("strong", {}, `${codeTitle(body.code)}. `), codeEntry(body.code)?.meaning ?? ""),
    el("ol", { class: "track" }, steps.map(step)),
    reported && withFigures ? figuresOf(name, alive) : null,
    termsOf(body.terms),
  );
}
function step({ body, id }: Step): HTMLElement {
  const troubles = (Array.isArray(body.terms["troubles"]) ? body.terms["troubles"] : []) as readonly Terms[];
  return el(
    "li",
    { class: toneOf(body.outcome) },
    el("div", {}, el("strong", {}, body.step), " ", pill(body.outcome, toneOf(body.outcome))),
    body.outcome === "passed" ? null : el("div", {}, codeTitle(body.code)),
    troubles
      .slice(0, 3)
      .map((t) => el("div", { class: "quiet" }, `${codeTitle(textIn(t, "code"))}: ${textIn(t, "detail")}`)),
    el("div", { class: "quiet" }, receiptLink(id)),
  );
}
const rollback = ({ body, at, id }: Rollback): HTMLElement =>
  record(
    { outcome: "rolled back", tone: "bad", title: `back to ${short(body.to)}`, hint: wall(at) },
    el("p", {}, el("strong", {}, `${codeTitle(body.code)}. `), body.reason),
    pairs([
      ["from", el("span", { title: body.from }, short(body.from))],
      ["to", el("span", { title: body.to }, short(body.to))],
      ["written down", receiptLink(id, "as a receipt")],
    ]),
    termsOf(body.terms),
  );
