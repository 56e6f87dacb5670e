import { relative } from "node:path";
import { type Composition } from "../node/index.ts";
import { codeEntry, type NodeStatus } from "../core/domain/index.ts";
import type { Io } from "./command.ts";
import { createScreen, renderStatus } from "./live-view.ts";

const SCREEN_PERIOD_MS = 200;
const JSON_PERIOD_MS = 1_000;
/** a terminal that does not say how large it is */
const COLUMNS_UNKNOWN = 80;
const ROWS_UNKNOWN = 24;

interface WatchedRun {
  readonly seed: number;
  readonly dataDir: string;
  readonly tape: string | null;
  readonly json: boolean;
}

/** How a run is followed from the terminal it was started in. */
interface Watch {
  /** where the rest of the run may write without tearing what is shown */
  readonly io: Io;
  showPage(url: string): void;
  /** false: the run did not come about, and there is nothing to show */
  end(ran: boolean): void;
}
const inLines = (io: Io, end: () => void): Watch => ({ io, showPage: (url) => io.err(`page: ${url}`), end });

export function watchOnScreen(parts: Composition, status: () => NodeStatus, io: Io): Watch {
  const { stdout } = process;
  const screen = createScreen(
    (text) => void stdout.write(text),
    () => stdout.rows || ROWS_UNKNOWN,
  );
  const narrator = createNarrator(parts);
  let page = "";
  const draw = (): void =>
    screen.draw(renderStatus(status(), stdout.columns || COLUMNS_UNKNOWN, { page, narration: narrator() }));
  const timer = setInterval(draw, SCREEN_PERIOD_MS);
  return {
    io: { ...io, err: (line) => screen.say(line) },
    showPage(url) {
      page = url;
    },
    end(ran) {
      clearInterval(timer);
      if (ran) draw();
    },
  };
}

/** who did it, and why if a reason was given */
const actorOf = (by: string): string => by.replace(/: ?$/, "");

/** The last change in words, for the line under the picture. */
function createNarrator(parts: Composition): () => string {
  let line = "";
  parts.observers.push((effect, t) => {
    if (effect.kind !== "receipt" || effect.receipt.body.receipt_type !== "state_change") return;
    const { from, to, code, by } = effect.receipt.body;
    line = `${(t / 1e6).toFixed(1)} s: ${from} → ${to}, ${codeEntry(code as never).title}${by === "cell" ? "" : `, by ${actorOf(by)}`}`;
  });
  return () => line;
}

export function watchAsLines(parts: Composition, io: Io): Watch {
  parts.observers.push((effect, t) => {
    if (effect.kind !== "receipt" || effect.receipt.body.receipt_type !== "state_change") return;
    const { from, to, code, reason, by } = effect.receipt.body;
    const entry = codeEntry(code as never);
    io.out(
      `${(t / 1e6).toFixed(3).padStart(9)} s  ${from} → ${to}  ${entry.title}${reason === "" ? "" : `: ${reason}`}${by === "cell" ? "" : ` (by ${actorOf(by)})`}`,
    );
  });
  return inLines(io, () => {});
}

export function watchAsJson(parts: Composition, status: () => NodeStatus, io: Io): Watch {
  parts.observers.push((effect, t) => {
    if (effect.kind === "receipt")
      io.out(JSON.stringify({ kind: "receipt", t_us: t, receipt: effect.receipt }));
    else if (effect.kind === "block" && effect.first)
      io.out(JSON.stringify({ kind: "block", t_us: t, code: effect.code, detail: effect.detail }));
  });
  const timer = setInterval(() => io.out(JSON.stringify({ kind: "status", ...status() })), JSON_PERIOD_MS);
  return inLines(io, () => clearInterval(timer));
}

/** as a person there would write it */
function seenFrom(cwd: string, path: string): string {
  const near = relative(cwd, path);
  return near.startsWith("..") ? path : near;
}

export function sayGoodbye(parts: Composition, status: NodeStatus, wanted: WatchedRun, io: Io): void {
  const end = {
    kind: "end",
    t_us: parts.clock.now(),
    seed: wanted.seed,
    state: status.state,
    receipts: parts.digest.count,
    events: parts.node.door.ingest.events,
    config_hash: parts.node.configHash,
    data: wanted.dataDir,
    tape: wanted.tape,
    black_box: parts.tape.stats.lastBox,
    digest: parts.digest.digest(),
  };
  if (wanted.json) return io.out(JSON.stringify(end));
  const folder = seenFrom(io.cwd, wanted.dataDir);
  const from = folder === "data" ? "" : ` --data ${folder}`;
  io.out(
    `\n${(end.t_us / 1e6).toFixed(1)} s watched, seed ${end.seed}: ${end.receipts} receipts, digest ${end.digest.slice(0, 16)}…`,
  );
  io.out(`See them:    npx cellgate ledger show${from}`);
  io.out(`Check them:  npx cellgate ledger verify${from}`);
  const { lastBox } = parts.tape.stats;
  if (lastBox !== null)
    io.out(`Last stop:   npx cellgate replay ${seenFrom(io.cwd, lastBox)} --report stop.html`);
}
