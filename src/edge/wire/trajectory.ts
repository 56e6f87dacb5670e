import type { z } from "zod";
import { err, ok, type Result } from "../../core/base/result.ts";
import { MAX_JOINTS, type trajectoryArgs } from "../../core/domain/index.ts";
import { CdrReader } from "./cdr-reader.ts";
import { stampMicrosOf } from "./decode-values.ts";
import type { WireFault } from "./fault.ts";

const MAX_POINTS = 2_000;
const MIN_TEXT_BYTES = 4;
/** four empty lists and a duration */
const MIN_POINT_BYTES = 24;

type TrajectoryArgs = z.infer<typeof trajectoryArgs>;
type Point = TrajectoryArgs["points"][number];

/** A trajectory_msgs/JointTrajectory as the arguments of a `trajectory` proposal; the gate checks the rest. */
export function trajectoryArgsOf(
  view: DataView,
  offset: number,
  length: number,
): Result<TrajectoryArgs, WireFault> {
  const reader = new CdrReader();
  reader.open(view, offset, length);
  reader.i32();
  reader.u32();
  reader.skipText();
  const names = readNames(reader);
  const count = reader.sequence(MIN_POINT_BYTES);
  if (count > MAX_POINTS) reader.fail("wide");
  const points: Point[] = [];
  for (let i = 0; i < count && reader.fault === null; i++) points.push(readPoint(reader, names.length));
  const fault = reader.finish();
  return fault === null ? ok({ joint_names: names, points }) : err(fault);
}
function readNames(reader: CdrReader): string[] {
  const count = reader.sequence(MIN_TEXT_BYTES);
  if (count > MAX_JOINTS) reader.fail("wide");
  const names: string[] = [];
  for (let i = 0; i < count && reader.fault === null; i++) names.push(reader.text());
  return names;
}
function readPoint(reader: CdrReader, joints: number): Point {
  const positions = readList(reader, joints, false);
  const velocities = readList(reader, joints, true);
  readList(reader, joints, true);
  readList(reader, joints, true);
  const seconds = reader.i32();
  const nanoseconds = reader.u32();
  const time_from_start_ms = seconds * 1_000 + nanoseconds / 1e6;
  return velocities.length === 0
    ? { positions_rad: positions, time_from_start_ms }
    : { positions_rad: positions, velocities_rad_s: velocities, time_from_start_ms };
}
function readList(reader: CdrReader, joints: number, optional: boolean): number[] {
  const count = reader.sequence(8);
  if (count !== joints && !(optional && count === 0)) reader.fail("joints");
  const values: number[] = [];
  for (let i = 0; i < count && reader.fault === null; i++) values.push(reader.f64());
  return values;
}

/** Time of a rosgraph_msgs/Clock in microseconds, or −1 when the bytes are none. */
export function clockMicrosOf(view: DataView, offset: number, length: number): number {
  clock.open(view, offset, length);
  const seconds = clock.i32();
  const nanoseconds = clock.u32();
  if (clock.finish() !== null || nanoseconds >= 1_000_000_000) return -1;
  return Math.max(0, stampMicrosOf(seconds, nanoseconds));
}
const clock = new CdrReader();
