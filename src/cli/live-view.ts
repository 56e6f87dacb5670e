import { table } from "../core/base/table.ts";
import type { NodeStatus } from "../core/domain/index.ts";
import { clipped, wrapped } from "./wrap.ts";

/** The status a person understands at a glance: state, why, worst rule, distances, forces, heartbeat. */
const RESET = "\x1b[0m";
const paint = (code: string, text: string): string => `\x1b[${code}m${text}${RESET}`;
const dim = (text: string): string => paint("2", text);
const bold = (text: string): string => paint("1", text);

/** Colour and shape: the shape alone must do for eyes or terminals without colour. */
const STATE_LOOK: Readonly<Record<string, { colour: string; sign: string; words: string }>> = table({
  STARTING: { colour: "1;30;47", sign: "…", words: "starting, blocked" },
  READY_BLOCKED: { colour: "1;30;46", sign: "■", words: "ready, blocked: waits for resume" },
  RUNNING: { colour: "1;30;42", sign: "▶", words: "running" },
  SLOW: { colour: "1;30;43", sign: "▷", words: "running slowly" },
  HOLD: { colour: "1;30;43", sign: "‖", words: "held: goes on by itself" },
  RETREATING: { colour: "1;30;43", sign: "◁", words: "blocked: the arm alone backs away from a person" },
  STOPPED: { colour: "1;97;41", sign: "■", words: "stopped, latched: needs a reset" },
});
const HEALTH_LOOK = { good: "32", stale: "31", faulty: "31", "never heard": "33", off: "2" } as const;

const clockText = (us: number): string => {
  const s = us / 1e6;
  return `${String(Math.floor(s / 60)).padStart(2, "0")}:${(s % 60).toFixed(1).padStart(4, "0")}`;
};
const bar = (share: number, cells: number): string => {
  const full = Math.round(Math.max(0, Math.min(1, share)) * cells);
  return "█".repeat(full) + "░".repeat(cells - full);
};

export function stateLine(status: NodeStatus): string {
  const look = STATE_LOOK[status.state] ?? { colour: "7", sign: "?", words: status.state };
  return `${paint(look.colour, ` ${look.sign} ${status.state} `)} ${look.words}`;
}

const LABEL_COLUMNS = 9;
function whyLines(status: NodeStatus, columns: number): string[] {
  const { why, causes } = status;
  const source = why.source === "cell" ? "" : ` (${why.source})`;
  const lines = wrapped(
    `${bold("why")}      ${why.title}${source}${why.detail === "" ? "" : `: ${why.detail}`}`,
    columns,
    LABEL_COLUMNS,
  );
  if (!status.may_move) lines.push(...wrapped(`${bold("what now")} ${why.remedy}`, columns, LABEL_COLUMNS));
  const groups = alike(causes);
  for (const group of groups.slice(0, CAUSES_SHOWN)) lines.push(...causeLines(group, why.code));
  if (groups.length > CAUSES_SHOWN) lines.push(dim(`  and ${groups.length - CAUSES_SHOWN} more`));
  return lines;
}

type Cause = NodeStatus["causes"][number];
const CAUSES_SHOWN = 5;
/** Causes that differ in their source alone are one: a dead wire silences everything that comes over it. */
function alike(causes: readonly Cause[]): Cause[][] {
  const groups = new Map<string, Cause[]>();
  for (const cause of causes) {
    const key = `${cause.code} ${cause.severity} ${cause.active}`;
    groups.set(key, [...(groups.get(key) ?? []), cause]);
  }
  return [...groups.values()];
}
function causeLines(group: readonly Cause[], whyCode: string): string[] {
  const [{ severity, code, source, active, clears, cleared_by, detail }] = group as [Cause];
  const mark = active ? paint("31", "●") : paint("33", "○");
  const ends = clears === "condition" ? "ends by itself" : `needs ${cleared_by ?? "restart"}`;
  const where = group.length === 1 ? source : `${source} +${group.length - 1}`;
  const line = `  ${mark} ${severity.padEnd(5)} ${code.padEnd(22)} ${where.padEnd(17)} ${active ? "active" : "latched"}, ${ends}`;
  // what the line above the causes says already is not said twice
  return code === whyCode || group.length > 1 || detail === "" ? [line] : [line, dim(`          ${detail}`)];
}

function channelLine(channel: NodeStatus["channels"][number], barCells: number): string {
  const health = paint(HEALTH_LOOK[channel.health], channel.health.padEnd(11));
  const value = valueText(channel);
  const share = limitBar(channel, barCells);
  const age =
    channel.age_ms === null ? "" : dim(`${channel.age_ms.toFixed(0)} ms, ${channel.rate_hz.toFixed(0)} Hz`);
  return `  ${channel.name.padEnd(15)} ${health} ${value.padStart(10)}  ${share} ${age}`;
}

function valueText({ value, unit }: NodeStatus["channels"][number]): string {
  if (value === null) return "–";
  if (unit === "0|1") return value === 1 ? "closed" : "open";
  if (unit === "count" || unit === "code") return value.toFixed(0);
  return `${value.toFixed(2)} ${unit.split(",")[0]}`;
}

const BAR_CELLS = 12;
const BAR_CELLS_NARROW = 6;
const NARROW_COLUMNS = 90;
/** How much of the way to the stop is used up: full means stop, whichever side it lies on. */
function limitBar({ value, limit, unit }: NodeStatus["channels"][number], cells: number): string {
  if (value === null || limit === null) return " ".repeat(cells + 18);
  const used = limit.side === "above" ? value / limit.value : limit.value / Math.max(value, 1e-6);
  const colour = used >= 1 ? "31" : used > 0.6 ? "33" : "32";
  const words = `stops ${limit.side} ${limit.value} ${unit.split(",")[0]}`;
  return `${paint(colour, bar(used, cells))} ${dim(words.padEnd(17))}`;
}

const latencyText = ({
  sample_to_block_p50_us: p50,
  sample_to_block_p99_us: p99,
}: NodeStatus["latency"]): string => (p99 > 0 ? `p50 ${p50.toFixed(1)} µs, p99 ${p99.toFixed(1)} µs` : "–");

/** what a running picture says besides the status */
export interface LiveWords {
  /** address of the page */
  readonly page: string;
  /** the last change of state */
  readonly narration: string;
}
const NO_WORDS: LiveWords = { page: "", narration: "" };

/** The whole picture, one string per line, none longer than the terminal is wide. */
export function renderStatus(status: NodeStatus, columns: number, more: LiveWords = NO_WORDS): string[] {
  const { motion, energy, gate, ledger, latency } = status;
  const v =
    energy.v_s === null ? "–" : `${energy.v_s.toFixed(3)} ${dim(`of ${energy.threshold.toFixed(3)}`)}`;
  const barCells = columns < NARROW_COLUMNS ? BAR_CELLS_NARROW : BAR_CELLS;
  const lines = [
    `${bold(`cellgate ${status.version}`)}  cell ${bold(status.cell)}  ${clockText(status.t_us)}${status.simulated ? "  simulated" : ""}   ${dim(status.notice)}`,
    "",
    `${stateLine(status)}   ${dim(`for ${clockText(status.t_us - status.state_since_us)}`)}`,
    ...whyLines(status, columns),
    "",
    `${bold("sources")}`,
    ...status.channels.map((channel) => channelLine(channel, barCells)),
    "",
    `${bold("robot")}    ${motion.known ? `tool ${motion.tool_m_s.toFixed(2)} m/s, joints ${motion.fastest_rad_s.toFixed(2)} rad/s` : "motion unknown"}` +
      `   ${bold("heartbeat")} ${status.may_move ? paint("32", `♥ ${status.heartbeat}`) : paint("31", `✕ ${status.heartbeat} (no motion)`)}`,
    `${bold("gate")}     stage ${gate.stage}${gate.enforced ? "" : " (shadow)"}, ${gate.open.length} open, ${gate.approvals.length} waiting for approval   ${bold("V_s")} ${v}`,
    `${bold("receipts")} ${ledger.stored.toLocaleString("en-US")} stored, ${ledger.pending} pending   ${dim(`sample → block ${latencyText(latency)}`)}`,
    ...(more.page === "" ? [] : [`${bold("page")}     ${more.page}`]),
    ...(more.narration === "" ? [] : ["", paint("36", more.narration)]),
  ];
  return lines.map((line) => clipped(line, columns));
}

/** A terminal with few rows: blank lines go first, then the end. */
function fitted(picture: readonly string[], rows: number): readonly string[] {
  const lines = [...picture];
  while (lines.length > rows && lines.includes("")) lines.splice(lines.lastIndexOf(""), 1);
  return lines.slice(0, rows);
}

/** Redraws in place; leaves the last picture standing when it ends. What scrolls away cannot be drawn over. */
export function createScreen(write: (text: string) => void, rows: () => number) {
  let lines = 0;
  const up = (): string => (lines > 0 ? `\x1b[${lines}A` : "");
  return {
    /** a line that stays, above the picture */
    say(line: string): void {
      write(`${up()}\x1b[0J${line}\n`);
      lines = 0;
    },
    draw(whole: readonly string[]): void {
      const picture = fitted(whole, Math.max(1, rows() - 1));
      write(`${up()}${picture.map((line) => `\x1b[2K${line}`).join("\n")}\n\x1b[0J`);
      lines = picture.length;
    },
  };
}
