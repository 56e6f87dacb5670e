import { relative } from "node:path";
import type { NodeLife, RunEnd, RunFollower } from "../node/run/index.ts";
import { inertData, inertLines } from "../core/base/inert.ts";
import type { Io } from "./command.ts";
import { createScreen, renderStatus } from "./live-view.ts";

const SCREEN_PERIOD_MS = 200;
const JSON_PERIOD_MS = 1_000;
/** a terminal that does not say how large it is */
const COLUMNS_UNKNOWN = 80;
const ROWS_UNKNOWN = 24;

const inLines = (io: Io, end: () => void): RunFollower => ({
  say: io.err,
  page: (url) => io.err(`page: ${url}`),
  end,
});

export function watchOnScreen(life: NodeLife): RunFollower {
  const { stdout } = process;
  const screen = createScreen(
    (text) => void stdout.write(text),
    () => stdout.rows || ROWS_UNKNOWN,
  );
  const narrator = createNarrator(life);
  let page = "";
  const draw = (): void =>
    screen.draw(
      renderStatus(inertData(life.status()), stdout.columns || COLUMNS_UNKNOWN, {
        page,
        narration: narrator(),
      }),
    );
  const timer = setInterval(draw, SCREEN_PERIOD_MS);
  return {
    say: (line) => screen.say(inertLines(line)),
    page(url) {
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
function createNarrator(life: NodeLife): () => string {
  let line = "";
  life.observe((effect, t) => {
    if (effect.kind !== "receipt" || effect.receipt.body.receipt_type !== "state_change") return;
    const { from, to, code, by } = inertData(effect.receipt.body);
    line = `${(t / 1e6).toFixed(1)} s: ${from} → ${to}, ${life.entryOf(code as never).title}${by === "cell" ? "" : `, by ${actorOf(by)}`}`;
  });
  return () => line;
}

export function watchAsLines(life: NodeLife, io: Io): RunFollower {
  life.observe((effect, t) => {
    if (effect.kind !== "receipt" || effect.receipt.body.receipt_type !== "state_change") return;
    const { from, to, code, reason, by } = inertData(effect.receipt.body);
    const entry = life.entryOf(code as never);
    io.out(
      `${(t / 1e6).toFixed(3).padStart(9)} s  ${from} → ${to}  ${entry.title}${reason === "" ? "" : `: ${reason}`}${by === "cell" ? "" : ` (by ${actorOf(by)})`}`,
    );
  });
  return inLines(io, () => {});
}

export function watchAsJson(life: NodeLife, io: Io): RunFollower {
  life.observe((effect, t) => {
    if (effect.kind === "receipt")
      io.out(JSON.stringify({ kind: "receipt", t_us: t, receipt: effect.receipt }));
    else if (effect.kind === "block" && effect.first)
      io.out(JSON.stringify({ kind: "block", t_us: t, code: effect.code, detail: effect.detail }));
  });
  const timer = setInterval(
    () => io.out(JSON.stringify({ kind: "status", ...life.status() })),
    JSON_PERIOD_MS,
  );
  return inLines(io, () => clearInterval(timer));
}

/** as a person there would write it */
function seenFrom(cwd: string, path: string): string {
  const near = relative(cwd, path);
  return near.startsWith("..") ? path : near;
}

export function sayGoodbye(run: RunEnd, json: boolean, io: Io): void {
  if (json)
    return io.out(
      JSON.stringify({
        kind: "end",
        t_us: run.endUs,
        seed: run.seed,
        state: run.state,
        receipts: run.receipts,
        events: run.events,
        config_hash: run.configHash,
        data: run.dataDir,
        tape: run.tape,
        black_box: run.blackBox,
        digest: run.digest,
      }),
    );
  const folder = seenFrom(io.cwd, run.dataDir);
  const from = folder === "data" ? "" : ` --data ${folder}`;
  io.out(
    `\n${(run.endUs / 1e6).toFixed(1)} s watched, seed ${run.seed}: ${run.receipts} receipts, digest ${run.digest.slice(0, 16)}…`,
  );
  io.out(`See them:    npx cellgate ledger show${from}`);
  io.out(`Check them:  npx cellgate ledger verify${from}`);
  if (run.blackBox !== null)
    io.out(`Last stop:   npx cellgate replay ${seenFrom(io.cwd, run.blackBox)} --report stop.html`);
}
