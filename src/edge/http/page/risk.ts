// The learned energy: how high, what it is made of, how it moves, and whether it can be believed.
import type { NodeStatus } from "../../../core/domain/index.ts";
import { type Found, type Full, isOf } from "./ledger.ts";
import { barOf, histogram, type LiveChart, liveChart, shareBar } from "../../report/page/index.ts";
import {
  cardOf,
  codeTitle,
  el,
  getJson,
  heading,
  number,
  pill,
  quietSheet,
  replace,
  sheet,
  swap,
  table,
  wallTime,
  wordsOfError,
} from "./dom.ts";
import { live, on } from "./live.ts";
import { choiceOf } from "./pieces.ts";
import { followTape, partOf, type Tape } from "./tape.ts";

const WINDOWS: readonly (readonly [number, string])[] = [
  [60, "1 min"],
  [300, "5 min"],
  [1200, "20 min"],
  [3600, "1 hour"],
];
const SMELLS = ["VS_", "HEAD_"];
const isSmell = (code: string): boolean => SMELLS.some((start) => code.startsWith(start));
const known = (threshold: number): boolean => threshold < 1e300;
const DRAW_EVERY_MS = 500;

export function riskView(root: HTMLElement): () => void {
  let windowS = 300;
  let tape: Tape | null = null;
  let charts: readonly { readonly name: string; readonly chart: LiveChart }[] = [];
  const cards = el("div", { class: "cards" });
  const chartsBox = el("div", { class: "risk-charts" });
  const contributions = sheet();
  const histogramBox = el("div");
  const smells = el("div");
  const calibration = el("div");
  const choice = choiceOf("Length of time shown", WINDOWS, windowS, (s) => {
    windowS = s;
    draw();
  });
  root.append(
    cards,
    el(
      "div",
      { class: "row-head" },
      heading(
        "V_s and what it is learned from",
        "vertical lines: changes of state (● may move, ▲ waits, ■ stop); point at one for its words",
      ),
      choice,
    ),
    chartsBox,
    el(
      "p",
      { class: "quiet horizon" },
      "The page keeps the last hour, no more. Older V_s is not drawn: it stands in the receipt of every verdict, and a tape or a stop's black box shows it again (cellgate replay).",
    ),
    el(
      "div",
      { class: "two" },
      el("section", {}, heading("What V_s is made of now"), contributions),
      el("section", {}, heading("Steps of V_s (ΔV_s)", "in the time shown"), histogramBox),
    ),
    heading("Calibration", "what was promised against what came of it"),
    calibration,
    heading("Failure smells", "signs that V_s should not be believed"),
    smells,
  );

  function draw() {
    if (tape === null) return;
    const now = tape.times.at(-1) ?? 0;
    const { times, column } = partOf(tape, now - windowS);
    const marks = tape.marks.filter((m) => m.t_s > now - windowS);
    for (const { chart, name } of charts) chart.set(times, [column(name)], marks, windowS);
    const steps: number[] = [];
    const v = column("V_s");
    for (let i = 1; i < v.length; i++) {
      const [a, b] = [v[i - 1], v[i]];
      if (typeof a === "number" && typeof b === "number") steps.push(b - a);
    }
    replace(histogramBox, histogram("ΔV_s between points 0.2 s apart", steps));
  }
  const setUp = (status: NodeStatus): void =>
    swap(chartsBox, [status.channels.map((c) => [c.name, c.limit]), status.energy.threshold], () => {
      charts.forEach(({ chart }) => chart.destroy());
      const limit = known(status.energy.threshold)
        ? [{ value: status.energy.threshold, text: `threshold ${number(status.energy.threshold, 3)}` }]
        : [];
      charts = [
        {
          name: "V_s",
          chart: liveChart({ title: "V_s", unit: "", lines: ["V_s"], limits: limit, height: 240 }),
        },
        ...status.channels.flatMap((c) =>
          c.limit === null
            ? []
            : [
                {
                  name: c.name,
                  chart: liveChart({
                    title: c.name,
                    unit: c.unit.split(",")[0]!,
                    lines: [c.name],
                    limits: [{ value: c.limit.value, text: `stop ${c.limit.side} ${number(c.limit.value)}` }],
                    height: 130,
                  }),
                },
              ],
        ),
        {
          name: "tool speed",
          chart: liveChart({ title: "tool speed", unit: "m/s", lines: ["tool speed"], height: 130 }),
        },
      ];
      setTimeout(draw);
      return charts.map(({ chart }) => chart.box);
    });
  const update = (status: NodeStatus) => {
    setUp(status);
    drawCards(cards, status);
    drawContributions(contributions, status);
    drawSmells(smells, status);
  };
  let drawnAt = 0;
  const stops = [
    on("status", update),
    followTape((next) => {
      tape = next;
      if (performance.now() - drawnAt < DRAW_EVERY_MS) return;
      drawnAt = performance.now();
      draw();
    }),
  ];
  if (live.status !== null) update(live.status);
  void drawCalibration(calibration);
  void loadSmells(smells);
  return () => {
    stops.forEach((stop) => stop());
    charts.forEach(({ chart }) => chart.destroy());
  };
}

function drawCards(node: HTMLElement, { energy }: NodeStatus): void {
  const trusted = energy.v_s !== null;
  const over = energy.v_s !== null && energy.v_s > energy.threshold;
  swap(node, [number(energy.v_s, 3), energy.threshold, energy.model], () => [
    cardOf(
      "V_s now",
      number(energy.v_s, 3),
      trusted
        ? over
          ? "above the threshold: proposals are not GREEN"
          : "below the threshold"
        : "not trusted: what needs V_s is RED",
      !trusted ? "warn" : over ? "bad" : "good",
    ),
    cardOf(
      "Threshold",
      known(energy.threshold) ? number(energy.threshold, 3) : "–",
      known(energy.threshold) ? "above it no proposal is GREEN" : "comes with a head",
      "plain",
    ),
    cardOf(
      "Head",
      energy.model === "none" ? "none" : energy.model.slice(0, 10),
      energy.model === "none"
        ? "no learned head is loaded"
        : "hash of the learned head; stands in every verdict",
      energy.model === "none" ? "warn" : "plain",
    ),
  ]);
}
/** parts as shares of the threshold where one is known: a full bar alone would reach it */
function drawContributions(node: HTMLElement, { energy }: NodeStatus): void {
  const parts = Object.entries(energy.contributions)
    .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
    .slice(0, 16);
  const whole = known(energy.threshold)
    ? energy.threshold
    : Math.max(1e-12, ...parts.map(([, v]) => Math.abs(v)));
  swap(
    node,
    parts.map(([n, v]) => [n, number(v, 2)]),
    () =>
      parts.length === 0
        ? el("p", { class: "quiet" }, "V_s has no parts now: it is not trusted, or no head is loaded.")
        : [
            ...parts.map(([name, value]) => {
              const share = Math.abs(value) / whole;
              return shareBar(
                name,
                share,
                value < 0 ? "good" : share < 0.3 ? "plain" : share < 0.7 ? "warn" : "bad",
                `${value >= 0 ? "+" : "−"}${number(Math.abs(value), 3)}`,
              );
            }),
            known(energy.threshold)
              ? el("p", { class: "quiet" }, "A full bar is as much as the threshold.")
              : null,
          ],
  );
}

let smellRows: readonly Full<"fault">[] = [];
async function loadSmells(node: HTMLElement): Promise<void> {
  const found = await getJson<Found>("/data/receipts?type=fault&search=_").catch(() => null);
  const faults = (found?.rows ?? []).filter(isOf("fault"));
  smellRows = faults.filter((r) => isSmell(r.body.code)).slice(0, 30);
  if (live.status !== null) drawSmells(node, live.status);
}
function drawSmells(node: HTMLElement, { causes, energy }: NodeStatus): void {
  const now = causes.filter((c) => isSmell(c.code));
  swap(node, [now.map((c) => [c.code, c.active]), smellRows.map((r) => r.id), energy.model], () =>
    table(
      ["When", "Smell", "Detail", "State"],
      [
        ...now.map((c) => [
          "now",
          el("div", {}, el("strong", {}, c.title), el("div", { class: "quiet" }, c.code)),
          c.detail,
          pill(c.active ? "holds" : "latched", "warn"),
        ]),
        ...smellRows.map((r) => [
          wallTime(r.at),
          el("div", {}, codeTitle(r.body.code), el("div", { class: "quiet" }, r.body.code)),
          r.body.detail,
          pill(r.body.active ? "began" : "ended", r.body.active ? "warn" : "good"),
        ]),
      ],
      energy.model === "none"
        ? "No learned head is loaded: there is nothing to believe or to doubt."
        : "None seen since the start of this ledger.",
    ),
  );
}

const ENOUGH_TO_JUDGE = 20;
interface Bin {
  readonly low: number;
  readonly high: number;
  n: number;
  good: number;
  sum: number;
}
function calibrationBar({ n, good, sum }: Bin): HTMLElement {
  const [share, said] = [good / n, sum / n];
  const few = n < ENOUGH_TO_JUDGE;
  const words = `${good} of ${n} went well${few ? "; too few to judge" : ""}`;
  const bar = barOf(share, few ? "plain" : share + 0.1 < said ? "bad" : "good", said, words).bar;
  return el(
    "div",
    { class: "share" },
    el("span", { class: "share-name" }, `said ${number(said, 3)}`),
    bar,
    el("span", { class: "share-value" }, words),
  );
}

/** Verdicts joined with what came of them: of the actions with a confidence of 0.9, how many went well? */
async function drawCalibration(node: HTMLElement): Promise<void> {
  try {
    const [decisions, ends] = await Promise.all([
      getJson<Found<"gate_decision">>("/data/receipts?type=gate_decision"),
      getJson<Found<"permit_used">>("/data/receipts?type=permit_used"),
    ]);
    const came = new Map(
      ends.rows.flatMap(({ body }) =>
        body !== null && ["completed", "aborted", "revoked"].includes(body.outcome)
          ? [[body.action_id, body.outcome === "completed"] as const]
          : [],
      ),
    );
    const ranges: readonly (readonly [number, number])[] = [
      [0.7, 0.8],
      [0.8, 0.9],
      [0.9, 0.95],
      [0.95, 1.0001],
    ];
    const bins = ranges.map(([low, high]): Bin => ({ low, high, n: 0, good: 0, sum: 0 }));
    for (const { body } of decisions.rows) {
      if (body === null || !came.has(body.action_id)) continue;
      const bin = bins.find((b) => body.confidence_score >= b.low && body.confidence_score < b.high);
      if (bin === undefined) continue;
      bin.n++;
      bin.sum += body.confidence_score;
      if (came.get(body.action_id)) bin.good++;
    }
    const full = bins.filter((b) => b.n > 0);
    replace(
      node,
      full.length === 0
        ? quietSheet("No permitted action has ended yet: nothing to compare.")
        : sheet(
            full.map(calibrationBar),
            el(
              "p",
              { class: "quiet" },
              "The mark is the confidence that was said; the bar is how much went well.",
            ),
          ),
    );
  } catch (cause) {
    replace(node, sheet(wordsOfError(cause)));
  }
}
