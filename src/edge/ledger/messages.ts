import type { Code, Deployment } from "../../core/domain/index.ts";
import type { AnchorStatus, Recovered } from "./ledger.ts";

/** What the thread is started with. */
export interface WorkerData {
  readonly dir: string;
  readonly cell: string;
  readonly configHash: string;
  readonly program?: string | undefined;
  readonly settings: Deployment["ledger"];
}

/** id, type, time, canonical text */
export type AppendItem = readonly [id: string, type: string, at: number, text: string];

export type ToWorker =
  | { readonly kind: "append"; readonly items: readonly AppendItem[] }
  | { readonly kind: "flush"; readonly token: number }
  | { readonly kind: "anchor"; readonly token: number }
  | { readonly kind: "ping"; readonly token: number }
  | { readonly kind: "close" };

/** What the thread tells about itself with every answer. */
export interface WorkerStats {
  readonly treeSize: number;
  readonly root: string;
  readonly publishedSize: number;
  readonly shard: number;
  readonly commits: number;
  readonly commitMsMax: number;
  readonly bytes: number;
  /** receipts that were reported as not stored and are still held to be written */
  readonly held: number;
  readonly anchors: readonly AnchorStatus[];
}
export type FromWorker =
  | { readonly kind: "opened"; readonly recovered: Recovered; readonly stats: WorkerStats }
  | { readonly kind: "refused"; readonly reason: string }
  /** the next `count` receipts in order of appending are settled; those named in `failed` are not stored */
  | {
      readonly kind: "stored";
      readonly count: number;
      readonly failed: readonly string[];
      readonly stats: WorkerStats;
    }
  | { readonly kind: "health"; readonly code: Code; readonly active: boolean; readonly detail: string }
  | { readonly kind: "done"; readonly token: number; readonly stats: WorkerStats }
  | { readonly kind: "stats"; readonly stats: WorkerStats }
  | { readonly kind: "closed"; readonly stats: WorkerStats };
