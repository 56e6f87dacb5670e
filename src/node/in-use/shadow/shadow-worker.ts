import { parentPort, workerData } from "node:worker_threads";
import type { ShadowMessage, ShadowReport, ShadowSetting } from "./shadow-words.ts";
import { createShadowCell } from "./shadow-cell.ts";
import { writeShadowReport } from "./shadow-file.ts";

/**
 * The thread of a shadow. What it says to the node is: give me this buffer back, I have heard enough, I am
 * broken, and of an artefact that was before: where I would have decided otherwise. There is no word in it for an actuator, and nothing that it loads knows one.
 */
const port = parentPort!;
const setting = workerData as ShadowSetting;
const WRITE_EVERY_MS = 5_000;
let writtenAt = 0;
let over: ShadowReport["ended"] = "running";

const save = (ended: ShadowReport["ended"]): void => {
  writtenAt = performance.now();
  if (setting.before !== undefined) return;
  writeShadowReport(setting.dataDir, cell.report(ended));
};
const hear = async (message: ShadowMessage): Promise<void> => {
  if (over === "running") {
    const enough = await cell.take(message);
    const look = setting.before === undefined ? null : cell.look();
    if (look !== null) port.postMessage({ kind: "look", look });
    if (enough !== null) {
      over = enough;
      save(enough);
      port.postMessage({ kind: "enough" });
    } else if (performance.now() - writtenAt > WRITE_EVERY_MS) save("running");
  }
  const { numbers } = message;
  port.postMessage({ kind: "buffer", numbers }, [numbers.buffer as ArrayBuffer]);
};
const broken = (cause: unknown): void =>
  port.postMessage({ kind: "broken", detail: cause instanceof Error ? cause.message : String(cause) });

const cell = createShadowCell(setting);
let last = Promise.resolve();
port.on("message", (message: ShadowMessage | "end") => {
  last = last
    .then(() => {
      if (message !== "end") return hear(message);
      if (over === "running") save("stopped");
      port.postMessage({ kind: "ended" });
    })
    .catch(broken);
});
port.postMessage({ kind: "ready" });
