import type { Effect } from "../../core/domain/index.ts";
import { isTable } from "../../edge/recordings/table/index.ts";
import type { Watched } from "./collector.ts";
import { OutRecorder } from "./out-recorder.ts";
import { RunTable } from "./run-table.ts";

/** What a replay leaves behind as a file. */
export interface OutFile {
  sample(t: number, channel: number, row: Float64Array, count: number): void;
  tick(t: number): void;
  effect(effect: Effect, t: number): void;
  /** null: whole */
  close(): Promise<string | null>;
}
/** The file's ending says what it is: .parquet and .csv are one table, everything else is MCAP. */
export const openOutFile = (
  path: string,
  node: Watched,
  epochMicros: number,
  version: string,
  { recording = "", parts }: { readonly recording?: string; readonly parts: { readonly urdf?: string } },
): OutFile =>
  isTable(path)
    ? new RunTable(path, node, epochMicros, version, recording)
    : new OutRecorder(path, node, epochMicros, version, parts.urdf);
