import type { Quantity } from "../../core/domain/index.ts";
import type { WireFault } from "./fault.ts";

/** Where a decoder puts a reading; one object is reused for every message. */
export interface RosRow {
  readonly values: Float64Array;
  /** numbers in `values` */
  count: number;
  /** source's epoch time in microseconds, −1 without a stamp */
  stampMicros: number;
}
export const createRosRow = (capacity: number): RosRow => ({
  values: new Float64Array(capacity),
  count: 0,
  stampMicros: -1,
});

/** Decodes one ROS message into the row of one quantity, without allocating. */
export interface RowDecoder {
  readonly typeName: string;
  readonly quantity: Quantity;
  /** `offset` and `length` name the payload with its encapsulation header inside the view. */
  decode(view: DataView, offset: number, length: number, into: RosRow): WireFault | null;
}
/** What a decoder has to know besides the type. */
export interface ReadingSettings {
  readonly quantity: Quantity;
  /** the robot's joints in the deployment's order; JointState is put into this order */
  readonly jointNames?: readonly string[];
  /** expected fan of rays; a scan that differs is refused */
  readonly angleMinRad?: number;
  readonly angleStepRad?: number;
  /** frame_id that a stamped command must have */
  readonly frame?: string;
  /** true: the source says 1 for pressed or active; turned round to the node's 1 = healthy */
  readonly inverted?: boolean;
}
