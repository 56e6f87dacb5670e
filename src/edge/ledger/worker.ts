import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../core/base/assert.ts";
import type { FromWorker, ToWorker, WorkerData } from "./messages.ts";
import { LedgerService } from "./service.ts";

/** The deciding thread comes first on a busy machine: a receipt may wait, a stop may not. */
const NICE = 5;

/** Entry of the ledger thread. */
const port = parentPort;
assert(port !== null, "runs as a thread");
try {
  // process 0 is the calling thread on Linux
  if (process.platform === "linux") setPriority(0, NICE);
} catch {
  // a system that forbids it leaves all threads equal
}
const send = (message: FromWorker): void => port.postMessage(message);
const service = await LedgerService.open(workerData as WorkerData, send);
if (service === null) port.close();
else
  port.on("message", (message: ToWorker) => {
    service.receive(message);
    if (message.kind === "close") port.close();
  });
