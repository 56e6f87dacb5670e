import { parentPort, workerData } from "node:worker_threads";
import { createMeasurer } from "./measure.ts";
import type { SidesText } from "../../node/in-use/index.ts";
import type { Task } from "./task.ts";

/** Measures what it is sent, one scenario after the other. */
const measurer = createMeasurer(workerData as SidesText);
parentPort!.on("message", (task: Task) => {
  measurer.measure(task).then(
    (measurement) => parentPort!.postMessage({ name: task.name, measurement }),
    (cause: unknown) => parentPort!.postMessage({ name: task.name, error: String(cause) }),
  );
});
