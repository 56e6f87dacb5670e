// The last hour as columns: fetched once, then kept up with what the node says.
import type { NodeStatus } from "../../../core/domain/index.ts";
import { codeTitle, getJson, type Tone } from "./dom.ts";
import { live, on } from "./live.ts";

const PERIOD_S = 0.2;
const ROWS_MAX = 18_000;

/** `changed` is called with { times, states, columns, marks } at most five times a second. */
/** columns of the same length */
export interface Tape {
  readonly times: number[];
  readonly states: string[];
  readonly columns: Record<string, (number | null)[]>;
  readonly marks: { readonly t_s: number; readonly text: string; readonly tone: Tone }[];
}
export function followTape(changed: (tape: Tape) => void): () => void {
  let tape: Tape = { times: [], states: [], columns: {}, marks: [] };
  let here = true;
  const append = (status: NodeStatus) => {
    const t = status.t_us / 1e6;
    if (t - (tape.times.at(-1) ?? -1) < PERIOD_S) return;
    tape.times.push(t);
    tape.states.push(status.state);
    const put = (name: string, value: number | null): void => {
      (tape.columns[name] ??= new Array<number | null>(tape.times.length - 1).fill(null)).push(value);
    };
    put("V_s", status.energy.v_s);
    for (const channel of status.channels) put(channel.name, channel.value);
    put("tool speed", status.motion.known ? status.motion.tool_m_s : null);
    if (tape.times.length > ROWS_MAX)
      for (const column of [tape.times, tape.states, ...Object.values(tape.columns)]) column.shift();
    changed(tape);
  };
  const load = () =>
    getJson<Tape>("/data/history")
      .then((loaded) => {
        if (!here) return;
        tape = loaded;
        changed(tape);
      })
      .catch(() => {});
  const stops = [
    on("status", append),
    on("link", (lost) => {
      if (!lost) void load();
    }),
    on("receipt", ({ body }) => {
      if (body.receipt_type !== "state_change" || live.status === null) return;
      tape.marks.push({
        t_s: live.status.t_us / 1e6,
        text: `${body.to}: ${codeTitle(body.code)}`,
        tone: body.to === "RUNNING" ? "good" : body.to === "STOPPED" ? "bad" : "warn",
      });
    }),
  ];
  void load();
  return () => {
    here = false;
    stops.forEach((stop) => stop());
  };
}
/** the part of the tape behind `from` seconds */
export function partOf(
  tape: Tape,
  from: number,
): { first: number; times: number[]; column: (name: string) => (number | null)[] } {
  let first = tape.times.length;
  while (first > 0 && tape.times[first - 1]! >= from) first--;
  return {
    first,
    times: tape.times.slice(first),
    column: (name) =>
      (tape.columns[name] ?? new Array<number | null>(tape.times.length).fill(null)).slice(first),
  };
}

/** Runs of one state as a strip: [{ state, from, to }] */
export interface Run {
  state: string;
  readonly from: number;
  to: number;
}
export function runsOf(tape: Tape, from: number): Run[] {
  const { first, times } = partOf(tape, from);
  const runs: Run[] = [];
  times.forEach((t: number, i) => {
    const state = tape.states[first + i]!;
    const last = runs.at(-1);
    if (last?.state === state) last.to = t;
    else runs.push({ state, from: last?.to ?? t, to: t });
  });
  return runs;
}
