// How a state reads and looks: words first, then shape, then colour.
import type { CauseStatus, ReceiptBodyOf } from "../../../core/domain/index.ts";
import { svg, type Tone } from "./dom.ts";

type Shape = "play" | "triangle" | "bars" | "octagon" | "square" | "dots";
interface StateWords {
  readonly tone: Tone;
  readonly head: string;
  readonly text: string;
  readonly shape: Shape;
}
const WORDS: Readonly<Record<string, StateWords>> = {
  RUNNING: { tone: "good", head: "May move", text: "no rule objects", shape: "play" },
  SLOW: { tone: "warn", head: "May move, slowly", text: "speed is limited", shape: "triangle" },
  HOLD: {
    tone: "warn",
    head: "Must not move",
    text: "held for a moment, goes on by itself when the cause ends",
    shape: "bars",
  },
  RETREATING: {
    tone: "warn",
    head: "Backs away",
    text: "blocked, but for one checked motion away from whoever is near",
    shape: "bars",
  },
  STOPPED: { tone: "bad", head: "Must not move", text: "a stop is in force", shape: "octagon" },
  READY_BLOCKED: {
    tone: "warn",
    head: "Must not move",
    text: "ready and blocked: waits for a person to resume",
    shape: "square",
  },
  STARTING: {
    tone: "plain",
    head: "Must not move",
    text: "starting, inputs are not complete yet",
    shape: "dots",
  },
};
export const wordsOf = (state: string): StateWords =>
  WORDS[state] ?? { tone: "bad", head: "Must not move", text: state, shape: "octagon" };

const DRAWN: Readonly<Record<Shape, () => readonly SVGElement[]>> = {
  play: () => [
    svg("circle", { cx: 32, cy: 32, r: 29 }),
    svg("path", { d: "M25 18 L48 32 L25 46 Z", class: "cut" }),
  ],
  triangle: () => [
    svg("path", { d: "M32 4 L62 58 L2 58 Z" }),
    svg("path", { d: "M29 22 h6 l-1.4 20 h-3.2 Z M29 46 h6 v6 h-6 Z", class: "cut" }),
  ],
  bars: () => [
    svg("rect", { x: 3, y: 3, width: 58, height: 58, rx: 14 }),
    svg("path", { d: "M20 17 h8 v30 h-8 Z M36 17 h8 v30 h-8 Z", class: "cut" }),
  ],
  octagon: () => [
    svg("path", { d: "M20 2 H44 L62 20 V44 L44 62 H20 L2 44 V20 Z" }),
    svg("path", { d: "M14 28 h36 v8 h-36 Z", class: "cut" }),
  ],
  square: () => [
    svg("rect", { x: 3, y: 3, width: 58, height: 58, rx: 6 }),
    svg("path", { d: "M21 21 h22 v22 h-22 Z", class: "cut" }),
  ],
  dots: () => [
    svg("circle", { cx: 12, cy: 32, r: 8 }),
    svg("circle", { cx: 32, cy: 32, r: 8 }),
    svg("circle", { cx: 52, cy: 32, r: 8 }),
  ],
};
export const stateShape = (state: string): SVGElement =>
  svg(
    "svg",
    { viewBox: "0 0 64 64", class: "state-shape", "aria-hidden": "true" },
    DRAWN[wordsOf(state).shape](),
  );

const CLEARS: Readonly<Record<string, string>> = {
  condition: "Ends by itself when the condition is over.",
  acknowledge: "Stays until the condition is over and a person acknowledges it.",
  restart: "Stays until the node is restarted.",
};
export const clearsText = (cause: CauseStatus): string =>
  `${CLEARS[cause.clears] ?? cause.clears}${cause.cleared_by === null ? "" : ` Who may: role ${cause.cleared_by}.`}`;
const SEVERITY: Readonly<Record<string, Tone>> = { stop: "bad", hold: "warn", slow: "warn", warn: "warn" };
export const severityTone = (severity: string): Tone => SEVERITY[severity] ?? "plain";

export const TONE_OF_VERDICT: Readonly<Record<string, Tone>> = { GREEN: "good", YELLOW: "warn", RED: "bad" };
/** what a receipt of a judged action says: one that was blocked has no decision of its own */
export const verdictOf = (body: Verdict): string => (body.receipt_type === "block" ? "RED" : body.decision);
export type Verdict = ReceiptBodyOf<"gate_decision"> | ReceiptBodyOf<"block">;
export const toneOfVerdict = (verdict: string): Tone => TONE_OF_VERDICT[verdict] ?? "plain";
