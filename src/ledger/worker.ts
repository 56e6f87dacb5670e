import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../base/assert.ts";
import type { FromWorker, ToWorker, WorkerData } from "./messages.ts";
import { LedgerService } from "./service.ts";

/** Entry of the ledger thread. */
const port = parentPort;
assert(port !== null, "runs as a thread");
const send = (message: FromWorker): void => port.postMessage(message);
const service = await LedgerService.open(workerData as WorkerData, send);
if (service === null) port.close();
else
  port.on("message", (message: ToWorker) => {
    service.receive(message);
    if (message.kind === "close") port.close();
  });
