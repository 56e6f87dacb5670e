import { parentPort } from "node:worker_threads";
import { assert } from "../../core/base/assert.ts";
import type { FromReplay, ToReplay } from "./replay-messages.ts";
import { replayOne } from "./replay-one.ts";

/** One thread of `--jobs`: one recording after the other. */
const port = parentPort;
assert(port !== null, "the replay worker runs as a thread");
const say = (message: FromReplay): void => port.postMessage(message);

const PROGRESS_EVERY_MS = 100;
let said = 0;

port.on("message", ({ task }: ToReplay) => {
  const run = replayOne(task, (done, total, messages) => {
    const now = performance.now();
    if (now - said < PROGRESS_EVERY_MS) return;
    said = now;
    say({ kind: "progress", done, total, messages });
  });
  void run.then((result) => say({ kind: "result", result }));
});
