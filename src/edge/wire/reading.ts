import type { Quantity } from "../../core/domain/index.ts";
import { CdrReader } from "./cdr-reader.ts";
import { jogReading, stampedCommand } from "./decode-commands.ts";
import { effortsReading, jointsReading } from "./decode-joints.ts";
import {
  type DecodeFactory,
  doubles,
  multiArray,
  rangeReading,
  readHeader,
  scanReading,
  single,
} from "./decode-values.ts";
import type { ReadingSettings, RowDecoder } from "./row.ts";
import { rosTypeName } from "./type-name.ts";

/** position and orientation (7 doubles) and a 6 × 6 covariance */
const POSE_WITH_COVARIANCE_BYTES = (7 + 36) * 8;
const TWIST_COVARIANCE_BYTES = 36 * 8;

/** nav_msgs/Odometry: the twist behind two frame names and the pose. */
const odometryTwist: DecodeFactory = () => {
  const reader = new CdrReader();
  return (view, offset, length, into) => {
    if (!reader.open(view, offset, length)) return reader.fault;
    if (into.values.length < 6) return "wide";
    readHeader(reader, into);
    reader.skipText();
    reader.claim(POSE_WITH_COVARIANCE_BYTES, 8);
    reader.f64s(6, into.values, 0);
    reader.claim(TWIST_COVARIANCE_BYTES, 8);
    into.count = 6;
    return reader.finish();
  };
};

type Entry = readonly [type: string, factory: DecodeFactory, quantities: readonly Quantity[]];
const LEVELS: readonly Quantity[] = [
  "estop",
  "protectiveStop",
  "grip",
  "flag",
  "safetyMode",
  "heartbeat",
  "scalar",
];
const NUMBERS: readonly Quantity[] = [
  "heartbeat",
  "safetyMode",
  "scalar",
  "estop",
  "protectiveStop",
  "grip",
  "flag",
];
const REALS: readonly Quantity[] = ["scalar", "range"];
const LISTS: readonly Quantity[] = ["hidden", "currents", "scan", "wrench", "estopDual"];

/** Which type can be read as which quantity; the first quantity is the one a person most likely means. */
const ENTRIES: readonly Entry[] = [
  ["geometry_msgs/msg/WrenchStamped", doubles(6, true), ["wrench"]],
  ["geometry_msgs/msg/Wrench", doubles(6, false), ["wrench"]],
  ["geometry_msgs/msg/TwistStamped", doubles(6, true), ["twist"]],
  ["geometry_msgs/msg/Twist", doubles(6, false), ["twist"]],
  ["geometry_msgs/msg/Twist", doubles(6, false), ["twistCommand"]],
  ["geometry_msgs/msg/TwistStamped", stampedCommand, ["twistCommand"]],
  ["control_msgs/msg/JointJog", jogReading, ["jogCommand"]],
  ["nav_msgs/msg/Odometry", odometryTwist, ["twist"]],
  ["sensor_msgs/msg/Range", rangeReading, ["range", "scalar"]],
  ["sensor_msgs/msg/LaserScan", scanReading, ["scan"]],
  ["sensor_msgs/msg/JointState", jointsReading, ["joints"]],
  ["sensor_msgs/msg/JointState", effortsReading, ["currents"]],
  ["std_msgs/msg/Bool", single("bool"), LEVELS],
  ["std_msgs/msg/UInt8", single("u8"), NUMBERS],
  ["std_msgs/msg/Int8", single("i8"), NUMBERS],
  ["std_msgs/msg/UInt16", single("u16"), NUMBERS],
  ["std_msgs/msg/Int16", single("i16"), NUMBERS],
  ["std_msgs/msg/UInt32", single("u32"), NUMBERS],
  ["std_msgs/msg/Int32", single("i32"), NUMBERS],
  ["std_msgs/msg/UInt64", single("u64"), NUMBERS],
  ["std_msgs/msg/Int64", single("i64"), NUMBERS],
  ["std_msgs/msg/Float32", single("f32"), REALS],
  ["std_msgs/msg/Float64", single("f64"), REALS],
  ["std_msgs/msg/Float32MultiArray", multiArray("f32"), LISTS],
  ["std_msgs/msg/Float64MultiArray", multiArray("f64"), LISTS],
  ["std_msgs/msg/Int32MultiArray", multiArray("i32"), ["estopDual", "hidden"]],
  ["std_msgs/msg/UInt8MultiArray", multiArray("u8"), ["estopDual", "hidden"]],
  ["ur_dashboard_msgs/msg/SafetyMode", single("u8"), ["safetyMode", "scalar"]],
  ["ur_dashboard_msgs/msg/RobotMode", single("i8"), ["scalar"]],
];

/** Quantities that a ROS type can carry, likeliest first; empty for a type with no fixed reading. */
export const quantitiesOfType = (typeName: string): readonly Quantity[] =>
  ENTRIES.filter(([type]) => type === rosTypeName(typeName)).flatMap(([, , quantities]) => quantities);

/** ROS types that can carry a quantity. */
export const typesOfQuantity = (quantity: Quantity): readonly string[] =>
  ENTRIES.filter(([, , quantities]) => quantities.includes(quantity)).map(([type]) => type);

/** The decoder of one type for one channel, or null when the type cannot carry the quantity. */
export function rosReading(typeName: string, settings: ReadingSettings): RowDecoder | null {
  const name = rosTypeName(typeName);
  const entry = ENTRIES.find(
    ([type, , quantities]) => type === name && quantities.includes(settings.quantity),
  );
  if (entry === undefined) return null;
  return { typeName: name, quantity: settings.quantity, decode: entry[1](settings) };
}
