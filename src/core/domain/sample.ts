import type { ChannelIndex, Seq } from "./ids.ts";
import type { EpochMicros, Micros } from "./time.ts";

/**
 * What a channel measures. Every reading is a flat row of numbers whose meaning the quantity fixes, so
 * that one check for NaN, one check for a frozen source and one tape layout serve them all.
 */
export const QUANTITIES = {
  /** fx fy fz (newton) tx ty tz (newton metre) */
  wrench: { width: 6, unit: "N, Nm" },
  /** one distance */
  range: { width: 1, unit: "m" },
  /** distances along a fan of rays; angles are the channel's settings; +Infinity-free: no echo = max range */
  scan: { width: -1, unit: "m" },
  /** n positions, n velocities, n efforts (rad, rad/s, Nm), n = joints of the robot */
  joints: { width: -1, unit: "rad, rad/s, Nm" },
  /** 1 = healthy (may run), 0 = pressed or broken wire */
  estop: { width: 1, unit: "0|1" },
  /** channel A and B of one e-stop device, as read */
  estopDual: { width: 2, unit: "0|1" },
  /** 1 = no protective stop, 0 = protective stop active */
  protectiveStop: { width: 1, unit: "0|1" },
  /** safety mode of a UR-style controller, 1 = normal */
  safetyMode: { width: 1, unit: "code" },
  /** 1 = the gripper holds a part, 0 = it holds none */
  grip: { width: 1, unit: "0|1" },
  /** 1 or 0 */
  flag: { width: 1, unit: "0|1" },
  /** motor currents, one per joint */
  currents: { width: -1, unit: "A" },
  /** tracking errors, one per joint: desired minus measured position */
  jointErrors: { width: -1, unit: "rad" },
  /** linear x y z, angular x y z of the tool or base */
  twist: { width: 6, unit: "m/s, rad/s" },
  /** what somebody asks a base or tool to do: linear x y z, angular x y z. Silence asks for nothing. */
  twistCommand: { width: 6, unit: "m/s, rad/s" },
  /** what somebody asks of the joints: one velocity per joint */
  jogCommand: { width: -1, unit: "rad/s" },
  /** hidden state of a policy, any length */
  hidden: { width: -1, unit: "1" },
  /** a counter that must move: heartbeat of a source */
  heartbeat: { width: 1, unit: "count" },
  /** anything else with one value */
  scalar: { width: 1, unit: "1" },
} as const satisfies Record<string, { width: number; unit: string }>;
export type Quantity = keyof typeof QUANTITIES;
/** Asked for, not measured: silence and sameness of them mean nothing. */
export const isCommand = (quantity: Quantity): boolean =>
  quantity === "twistCommand" || quantity === "jogCommand";

/** No source sequence number came with the reading. */
export const NO_SOURCE_SEQ = -1;
/** No source stamp came with the reading. */
export const NO_STAMP = -1 as EpochMicros;

/**
 * One reading that came through the door. The object and its row are reused by the door for the next
 * sample of the channel: who needs it later copies it.
 */
export interface Sample {
  readonly kind: "sample";
  readonly t: Micros;
  readonly seq: Seq;
  readonly channel: ChannelIndex;
  /** when the source says it measured, or NO_STAMP */
  readonly stamp: EpochMicros;
  /** the source's own counter, or NO_SOURCE_SEQ */
  readonly sourceSeq: number;
  readonly values: Float64Array;
}
