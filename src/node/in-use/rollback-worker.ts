import { parentPort, workerData } from "node:worker_threads";
import type { CandidateKind } from "../../core/promotion/index.ts";
import { rollbackHere } from "./live-watch.ts";
import type { Note } from "./store.ts";

const { dataDir, kind, note } = workerData as { dataDir: string; kind: CandidateKind; note: Note };
parentPort!.postMessage(rollbackHere(dataDir, kind, note));
