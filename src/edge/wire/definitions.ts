import { table } from "../../core/base/table.ts";
import { assert } from "../../core/base/assert.ts";
import { rosTypeName } from "./type-name.ts";

/** Field lists of the types that the node writes, in the interface language of ROS 2. */
const FIELDS: Readonly<Record<string, string>> = table({
  "builtin_interfaces/msg/Time": "int32 sec\nuint32 nanosec",
  "builtin_interfaces/msg/Duration": "int32 sec\nuint32 nanosec",
  "std_msgs/msg/Header": "builtin_interfaces/Time stamp\nstring frame_id",
  "std_msgs/msg/Bool": "bool data",
  "std_msgs/msg/Float64": "float64 data",
  "std_msgs/msg/String": "string data",
  "geometry_msgs/msg/Vector3": "float64 x\nfloat64 y\nfloat64 z",
  "geometry_msgs/msg/Wrench": "Vector3 force\nVector3 torque",
  "geometry_msgs/msg/WrenchStamped": "std_msgs/Header header\nWrench wrench",
  "geometry_msgs/msg/Twist": "Vector3 linear\nVector3 angular",
  "geometry_msgs/msg/TwistStamped": "std_msgs/Header header\nTwist twist",
  "sensor_msgs/msg/Range":
    "std_msgs/Header header\nuint8 ULTRASOUND=0\nuint8 INFRARED=1\nuint8 radiation_type\nfloat32 field_of_view\nfloat32 min_range\nfloat32 max_range\nfloat32 range",
  "sensor_msgs/msg/LaserScan":
    "std_msgs/Header header\nfloat32 angle_min\nfloat32 angle_max\nfloat32 angle_increment\nfloat32 time_increment\nfloat32 scan_time\nfloat32 range_min\nfloat32 range_max\nfloat32[] ranges\nfloat32[] intensities",
  "sensor_msgs/msg/JointState":
    "std_msgs/Header header\nstring[] name\nfloat64[] position\nfloat64[] velocity\nfloat64[] effort",
  "control_msgs/msg/JointJog":
    "std_msgs/Header header\nstring[] joint_names\nfloat64[] displacements\nfloat64[] velocities\nfloat64 duration",
  "cellgate_msgs/msg/Heartbeat":
    "builtin_interfaces/Time stamp\nuint64 counter\nstring state\nbool may_move\nstring config_hash",
  "cellgate_msgs/msg/Block": "builtin_interfaces/Time stamp\nbool blocked\nstring code\nfloat64[] pose",
  "cellgate_msgs/msg/Cause":
    "string code\nstring source\nstring severity\nbool active\nbool latched\nstring cleared_by",
  "cellgate_msgs/msg/State":
    "builtin_interfaces/Time stamp\nstring cell\nstring state\nbool may_move\nuint64 heartbeat\nstring config_hash\nCause why\nCause[] causes",
  "cellgate_msgs/msg/Verdict":
    "builtin_interfaces/Time stamp\nstring action_id\nstring verdict\nstring code\nstring reason\nint32 stage",
  "trajectory_msgs/msg/JointTrajectoryPoint":
    "float64[] positions\nfloat64[] velocities\nfloat64[] accelerations\nfloat64[] effort\nbuiltin_interfaces/Duration time_from_start",
  "trajectory_msgs/msg/JointTrajectory":
    "std_msgs/Header header\nstring[] joint_names\nJointTrajectoryPoint[] points",
  "rosgraph_msgs/msg/Clock": "builtin_interfaces/Time clock",
  "diagnostic_msgs/msg/KeyValue": "string key\nstring value",
  "diagnostic_msgs/msg/DiagnosticStatus":
    "byte OK=0\nbyte WARN=1\nbyte ERROR=2\nbyte STALE=3\nbyte level\nstring name\nstring message\nstring hardware_id\nKeyValue[] values",
  "diagnostic_msgs/msg/DiagnosticArray": "std_msgs/Header header\nDiagnosticStatus[] status",
});
const PRIMITIVE = /^(bool|byte|char|u?int(8|16|32|64)|float(32|64)|w?string)$/;
const RULE = "=".repeat(80);

/** Types whose definition the node knows without a bag. */
export const KNOWN_TYPES: readonly string[] = Object.keys(FIELDS);

/** The whole definition text of a type, dependencies appended, as a bag's schema holds it; null: unknown type. */
export function rosDefinition(typeName: string): string | null {
  const name = rosTypeName(typeName);
  const own = FIELDS[name];
  if (own === undefined) return null;
  const parts = [own];
  for (const dependency of dependenciesOf(name, new Set())) {
    const [pkg, , type] = dependency.split("/");
    parts.push(`${RULE}\nMSG: ${pkg}/${type}\n${FIELDS[dependency]!}`);
  }
  return `${parts.join("\n")}\n`;
}
function dependenciesOf(name: string, found: Set<string>): Set<string> {
  const pkg = name.split("/")[0]!;
  for (const line of FIELDS[name]!.split("\n")) {
    const type = line.split(" ")[0]!.replace(/\[.*$/, "");
    if (PRIMITIVE.test(type)) continue;
    const full = rosTypeName(type.includes("/") ? type : `${pkg}/${type}`);
    assert(FIELDS[full] !== undefined, `definition of ${full} is missing`);
    if (found.has(full)) continue;
    found.add(full);
    dependenciesOf(full, found);
  }
  return found;
}
