import type { Io } from "./command.ts";

/** Progress of long work: a bar with an ETA for a person, a plain line every few seconds elsewhere. */
export interface Progress {
  update(done: number, detail?: string): void;
  finish(): void;
}

const BAR_CELLS = 24;
const TERMINAL_PERIOD_MS = 100;
const PLAIN_PERIOD_MS = 5_000;

export function createProgress(io: Io, label: string, total: number, unit: string): Progress {
  const start = performance.now();
  let shown = -Infinity;
  let drawn = false;
  const line = (done: number, detail: string): string => {
    const seconds = (performance.now() - start) / 1000;
    const rate = seconds > 0 ? done / seconds : 0;
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const eta = rate > 0 && done < total ? ` ETA ${duration((total - done) / rate)}` : "";
    const bar = io.interactive
      ? ` [${"█".repeat(Math.round(share * BAR_CELLS)).padEnd(BAR_CELLS, "·")}]`
      : "";
    return `${label}${bar} ${Math.floor(share * 100)} % ${count(done)}/${count(total)} ${unit}, ${count(Math.round(rate))} ${unit}/s${eta}${detail === "" ? "" : ` ${detail}`}`;
  };
  return {
    update(done, detail = "") {
      const now = performance.now();
      if (now - shown < (io.interactive ? TERMINAL_PERIOD_MS : PLAIN_PERIOD_MS)) return;
      shown = now;
      if (io.interactive) {
        process.stderr.write(`\r\x1b[2K${line(done, detail).slice(0, Math.max(20, io.columns - 1))}`);
        drawn = true;
      } else io.err(line(done, detail));
    },
    finish() {
      if (drawn) process.stderr.write("\r\x1b[2K");
    },
  };
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5_400) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}

const count = (n: number): string => n.toLocaleString("en-US");
