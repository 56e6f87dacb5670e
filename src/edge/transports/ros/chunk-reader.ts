import type { z } from "zod";
import { err, ok, type Result } from "../../../core/base/result.ts";
import type { trajectoryArgs } from "../../../core/domain/index.ts";
import { CdrReader, createRosRow, rosReading, trajectoryArgsOf, wireFaultText } from "../../wire/index.ts";

type Args = z.infer<typeof trajectoryArgs>;
type Point = Args["points"][number];
/** One message of a policy's stream as the arguments of a trajectory that ends at rest. */
export type ChunkReader = (view: DataView, length: number, nowMicros: number) => Result<Args, string>;

const MAX_VALUES = 8_192;
/** pieces in which a stretch comes to rest */
const BRAKE_PIECES = 4;
const MIN_BRAKE_MS = 20;

/** Rows of joint angles, a step apart, in the order of the robot's joints. */
export function rowsReader(joints: readonly string[], stepMs: number, brakeRadPerS2: number): ChunkReader {
  const row = createRosRow(MAX_VALUES);
  const decoder = rosReading("std_msgs/Float64MultiArray", { quantity: "hidden" })!;
  return (view, length) => {
    const fault = decoder.decode(view, 0, length, row);
    if (fault !== null) return err(wireFaultText(fault));
    if (joints.length === 0 || row.count === 0 || row.count % joints.length !== 0)
      return err(`${row.count} numbers are no rows of ${joints.length} joints`);
    const points = Array.from(
      { length: row.count / joints.length },
      (_, i): Point => ({
        positions_rad: Array.from(row.values.subarray(i * joints.length, (i + 1) * joints.length)),
        time_from_start_ms: (i + 1) * stepMs,
      }),
    );
    return ok(atRest([...joints], points, brakeRadPerS2));
  };
}

/** A JointTrajectory; with a stamp, what should have been run by now is left out. */
export function stretchReader(brakeRadPerS2: number): ChunkReader {
  const header = new CdrReader();
  return (view, length, nowMicros) => {
    const args = trajectoryArgsOf(view, 0, length);
    if (!args.ok) return err(wireFaultText(args.error));
    header.open(view, 0, length);
    const stampMs = header.i32() * 1_000 + header.u32() / 1e6;
    const lateMs = stampMs === 0 ? 0 : nowMicros / 1_000 - stampMs;
    if (lateMs < 0) return err("a stamp in the future");
    const points = args.value.points
      .filter((point) => lateMs === 0 || point.time_from_start_ms > lateMs)
      .map((point) => ({ ...point, time_from_start_ms: point.time_from_start_ms - lateMs }));
    return points.length === 0
      ? err(`all of it should have been run ${Math.round(lateMs)} ms after its stamp`)
      : ok(atRest(args.value.joint_names, points, brakeRadPerS2));
  };
}

/**
 * A stream's stretch ends in motion because another should follow. When none does, the arm must come to rest: the way
 * in which it does is part of what is judged.
 */
function atRest(joint_names: string[], points: readonly Point[], brakeRadPerS2: number): Args {
  const last = points.at(-1)!;
  const before = points.at(-2);
  const seconds = before === undefined ? 0 : (last.time_from_start_ms - before.time_from_start_ms) / 1_000;
  const speeds = last.positions_rad.map(
    (q, j) => last.velocities_rad_s?.[j] ?? (seconds > 0 ? (q - before!.positions_rad[j]!) / seconds : 0),
  );
  const fastest = Math.max(0, ...speeds.map(Math.abs));
  // speeds that are stated make cubics of the pieces; the way to rest is straight, so they are left out throughout
  const plain = points.map(({ positions_rad, time_from_start_ms }) => ({
    positions_rad,
    time_from_start_ms,
  }));
  if (fastest === 0 || !Number.isFinite(fastest)) return { joint_names, points: plain };
  const brakeS = Math.max(MIN_BRAKE_MS / 1_000, fastest / brakeRadPerS2);
  for (let i = 1; i <= BRAKE_PIECES; i++) {
    const t = (brakeS * i) / BRAKE_PIECES;
    plain.push({
      positions_rad: last.positions_rad.map((q, j) => q + speeds[j]! * (t - (t * t) / (2 * brakeS))),
      time_from_start_ms: last.time_from_start_ms + t * 1_000,
    });
  }
  return { joint_names, points: plain };
}
