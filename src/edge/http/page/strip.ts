// States over time as one strip: the newest part from what the page heard, everything older from the ledger.
import { el, getJson, lasting, pill, setText, swap, type Tone } from "./dom.ts";
import { live, on } from "./live.ts";
import { choiceOf } from "./pieces.ts";
import { wordsOf } from "./state-words.ts";
import { type Run, runsOf, type Tape } from "./tape.ts";

const SPANS: readonly (readonly [number, string])[] = [
  [600, "10 min"],
  [3_600, "1 h"],
  [28_800, "8 h"],
  [86_400, "24 h"],
];
const UNKNOWN = "not known";
const AGAIN_MS = 1_000;
const toneOf = (state: string): Tone => (state === UNKNOWN ? "plain" : wordsOf(state).tone);

interface Change {
  readonly at: number;
  readonly to: string;
  readonly last_word: number | null;
}
export function stripPart() {
  let spanS = SPANS[0]![0];
  let tape: Tape | null = null;
  let older: readonly Change[] = [];
  let timer: number | undefined;
  const strip = el("div", { class: "state-strip", role: "img", "aria-label": "States: not known yet" });
  const ends = el("div", { class: "ends" }, el("span", {}), el("span", {}, "now"));
  const key = el("div", { class: "strip-key" });
  const choice = choiceOf(
    "Length of time shown",
    SPANS,
    spanS,
    (s) => {
      spanS = s;
      void load();
    },
    "small",
  );
  const node = el(
    "section",
    { class: "sheet strip-sheet", "aria-label": "States over time" },
    el("div", { class: "row-head" }, el("h2", {}, "States"), choice),
    strip,
    ends,
    key,
  );
  /** the clock of the cell as seconds since 1970 */
  const offsetS = (): number => (live.status === null ? 0 : (live.status.at - live.status.t_us) / 1e6);
  const load = async () => {
    clearTimeout(timer);
    timer = undefined;
    if (live.status === null) return;
    // a little more than is shown, so that the first state is known
    const since = Math.max(0, Math.floor(live.status.at - (spanS + 86_400) * 1e6));
    const changes = await getJson<readonly Change[]>(`/data/states?since=${since}`).catch(() => null);
    if (changes !== null) older = changes;
    draw();
  };
  const draw = () => {
    if (tape === null || live.status === null) return;
    const now = tape.times.at(-1) ?? 0;
    const runs = wholeRuns(older, tape, now - spanS, offsetS());
    const from = runs[0]?.from ?? now;
    const span = Math.max(now - from, 1e-3);
    // a long strip moves too slowly to be drawn five times a second
    const beat = Math.round(now / Math.max(0.2, spanS / 2_000));
    swap(strip, [runs.length, runs.at(-1)?.state, beat, spanS], () =>
      thinned(runs, span).map(({ state, from: a, to: b }) => {
        const part = el(
          "div",
          { class: toneOf(state), title: `${state}, ${lasting(b - a)}` },
          (b - a) / span > 0.14 ? state.replace("_", " ") : "",
        );
        part.style.width = `${((b - a) / span) * 100}%`;
        return part;
      }),
    );
    setText(ends.firstElementChild!, `−${lasting(span)}`);
    drawKey(key, strip, runs, span);
  };
  const stops = [
    on("receipt", ({ body }) => {
      if (body.receipt_type === "state_change") timer ??= setTimeout(() => void load(), AGAIN_MS);
    }),
    on("link", (lost) => {
      if (!lost) void load();
    }),
  ];
  void load();
  return {
    node,
    tape(next: Tape) {
      tape = next;
      draw();
    },
    end() {
      clearTimeout(timer);
      stops.forEach((stop) => stop());
    },
  };
}

function drawKey(key: HTMLElement, strip: HTMLElement, runs: readonly Run[], span: number): void {
  const share: Record<string, number> = {};
  for (const { state, from, to } of runs) share[state] = (share[state] ?? 0) + (to - from) / span;
  const words = Object.entries(share).map(
    ([s, v]) => [s, v < 0.005 ? "< 1" : String(Math.round(v * 100))] as const,
  );
  swap(key, words, () => {
    strip.setAttribute("aria-label", `States: ${words.map(([s, v]) => `${s} ${v} %`).join(", ")}`);
    return words.map(([s, v]) => el("span", {}, pill(s, toneOf(s)), ` ${v} %`));
  });
}

const RANK: Readonly<Record<Tone, number>> = { good: 0, plain: 1, warn: 2, bad: 3 };
const PARTS_MAX = 300;
/** Runs too short to be seen are drawn together, as the worst of them: a brief stop never disappears. */
type Thin = Run & { readonly tiny: boolean };
function thinned(runs: readonly Run[], span: number): readonly Thin[] {
  const least = span / PARTS_MAX;
  const out: Thin[] = [];
  for (const run of runs) {
    const last = out.at(-1);
    const tiny = run.to - run.from < least;
    if (last?.tiny && tiny && last.to - last.from < least) {
      last.to = run.to;
      if (RANK[toneOf(run.state)] > RANK[toneOf(last.state)]) last.state = run.state;
    } else out.push({ ...run, tiny });
  }
  return out;
}

/** what the ledger knows up to where the page's own memory begins, then that */
function wholeRuns(older: readonly Change[], tape: Tape, from: number, offsetS: number): readonly Run[] {
  const fresh = runsOf(tape, from);
  const begin = fresh[0]?.from ?? from;
  const runs: Run[] = [];
  const put = (state: string, a: number, b: number): void => {
    const [low, high] = [Math.max(a, from), Math.min(b, begin)];
    if (high > low) runs.push({ state, from: low, to: high });
  };
  older.forEach(({ at, to }, i) => {
    const next = older[i + 1];
    const start = at / 1e6 - offsetS;
    if (next === undefined) return put(to, start, begin);
    const end = next.at / 1e6 - offsetS;
    const heard = next.last_word === null ? end : Math.max(start, next.last_word / 1e6 - offsetS);
    put(to, start, heard);
    put(UNKNOWN, heard, end);
  });
  // a strip begins with something that is known
  while (runs[0]?.state === UNKNOWN) runs.shift();
  return [...runs, ...fresh];
}
