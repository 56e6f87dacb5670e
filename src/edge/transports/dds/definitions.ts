import { table } from "../../../core/base/table.ts";
import { assert } from "../../../core/base/assert.ts";
import { type MessageLayout, parseDefinition, rosDefinition, rosTypeName } from "../../wire/index.ts";

const RULE = "=".repeat(80);
const part = (type: string, fields: string): string => `\n${RULE}\nMSG: ${type}\n${fields}`;

const LAYOUT =
  part("std_msgs/MultiArrayLayout", "MultiArrayDimension[] dim\nuint32 data_offset") +
  part("std_msgs/MultiArrayDimension", "string label\nuint32 size\nuint32 stride");
const HEADER =
  part("std_msgs/Header", "builtin_interfaces/Time stamp\nstring frame_id") +
  part("builtin_interfaces/Time", "int32 sec\nuint32 nanosec");
const ODOMETRY = [
  "std_msgs/Header header\nstring child_frame_id",
  "\ngeometry_msgs/PoseWithCovariance pose\ngeometry_msgs/TwistWithCovariance twist",
  HEADER,
  part("geometry_msgs/PoseWithCovariance", "Pose pose\nfloat64[36] covariance"),
  part("geometry_msgs/Pose", "Point position\nQuaternion orientation"),
  part("geometry_msgs/Point", "float64 x\nfloat64 y\nfloat64 z"),
  part("geometry_msgs/Quaternion", "float64 x\nfloat64 y\nfloat64 z\nfloat64 w"),
  part("geometry_msgs/TwistWithCovariance", "Twist twist\nfloat64[36] covariance"),
  part("geometry_msgs/Twist", "Vector3 linear\nVector3 angular"),
  part("geometry_msgs/Vector3", "float64 x\nfloat64 y\nfloat64 z"),
].join("");

/** Types that are only read: the wire room writes none of them. */
const READ_ONLY: Readonly<Record<string, string>> = table({
  ...Object.fromEntries(
    ["UInt8", "Int8", "UInt16", "Int16", "UInt32", "Int32", "UInt64", "Int64", "Float32"].map((name) => [
      `std_msgs/msg/${name}`,
      `${name.toLowerCase()} data`,
    ]),
  ),
  ...Object.fromEntries(
    ["Float32", "Float64", "Int32", "UInt8"].map((name) => [
      `std_msgs/msg/${name}MultiArray`,
      `MultiArrayLayout layout\n${name.toLowerCase()}[] data${LAYOUT}`,
    ]),
  ),
  "nav_msgs/msg/Odometry": ODOMETRY,
  "control_msgs/msg/GripperCommand": "float64 position\nfloat64 max_effort",
  "control_msgs/msg/SpeedScalingFactor": "float64 factor",
  "ur_dashboard_msgs/msg/SafetyMode": "uint8 mode",
  "ur_dashboard_msgs/msg/RobotMode": "int8 mode",
});

/** The layout of a ROS type that a deployment can name. */
export function layoutOf(typeName: string): MessageLayout {
  const name = rosTypeName(typeName);
  const text = rosDefinition(name) ?? READ_ONLY[name];
  assert(text !== undefined, `no definition of ${name}`);
  const layout = parseDefinition(name, "ros2msg", text);
  assert(layout.ok, `definition of ${name}: ${layout.ok ? "" : layout.error}`);
  return layout.value;
}
