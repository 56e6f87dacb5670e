import type { Micros } from "../../core/domain/index.ts";
import type { CellNode } from "../../node/index.ts";

/** As much of a node's door as a recording needs. */
export type SourceDoor = Pick<
  CellNode["door"],
  "sample" | "fault" | "proposal" | "refusedProposal" | "health"
>;
/** Where the events of a replay come from: a bag, or the samples of a tape. */
export interface ReplaySource {
  readonly startMicros: number;
  readonly spanUs: number;
  /** work to do, in bytes or messages; 0 when unknown */
  readonly total: number;
  readonly done: number;
  readonly messages: number;
  readonly unreadable: number;
  readonly absent: readonly string[];
  readonly unused: readonly string[];
  readonly notes: () => readonly string[];
  /** moves on to the next thing that happened; its time is in `t` */
  next(): boolean;
  readonly t: Micros;
  /** hands it to the door; readings that the door took are shown to `seen` */
  deliver(door: SourceDoor, seen: SampleListener): void;
  close(): void;
}
export type SampleListener = (t: number, channel: number, row: Float64Array, count: number) => void;
