import { table } from "../../core/base/table.ts";

/**
 * Field lists of common message types, for recordings that do not bring definitions (`.db3` before Iron). Facts of
 * the interface packages of ROS 2 Humble, written down in a compact form of our own: `name:type` in wire order, `t`
 * for a time, `h` for a header; constants and comments are left out. Packages and their licences:
 * common_interfaces, geometry2 (tf2_msgs) Apache-2.0 or BSD-3-Clause; control_msgs BSD-3-Clause; rcl_interfaces,
 * unique_identifier_msgs Apache-2.0.
 */
const COMPACT: Readonly<Record<string, string>> = table({
  builtin_interfaces: "Time sec:int32 nanosec:uint32; Duration sec:int32 nanosec:uint32",
  unique_identifier_msgs: "UUID uuid:uint8[16]",
  std_msgs:
    "Header stamp:t frame_id:string; Bool data:bool; Byte data:byte; Char data:char; Empty; String data:string; " +
    "Float32 data:float32; Float64 data:float64; Int8 data:int8; Int16 data:int16; Int32 data:int32; Int64 data:int64; " +
    "UInt8 data:uint8; UInt16 data:uint16; UInt32 data:uint32; UInt64 data:uint64; ColorRGBA r:float32 g:float32 b:float32 a:float32; " +
    "MultiArrayDimension label:string size:uint32 stride:uint32; MultiArrayLayout dim:MultiArrayDimension[] data_offset:uint32; " +
    "Float32MultiArray layout:MultiArrayLayout data:float32[]; Float64MultiArray layout:MultiArrayLayout data:float64[]; " +
    "Int8MultiArray layout:MultiArrayLayout data:int8[]; Int16MultiArray layout:MultiArrayLayout data:int16[]; " +
    "Int32MultiArray layout:MultiArrayLayout data:int32[]; Int64MultiArray layout:MultiArrayLayout data:int64[]; " +
    "UInt8MultiArray layout:MultiArrayLayout data:uint8[]; UInt16MultiArray layout:MultiArrayLayout data:uint16[]; " +
    "UInt32MultiArray layout:MultiArrayLayout data:uint32[]; UInt64MultiArray layout:MultiArrayLayout data:uint64[]",
  geometry_msgs:
    "Vector3 x:float64 y:float64 z:float64; Point x:float64 y:float64 z:float64; Point32 x:float32 y:float32 z:float32; " +
    "Quaternion x:float64 y:float64 z:float64 w:float64; Pose position:Point orientation:Quaternion; Pose2D x:float64 y:float64 theta:float64; " +
    "Transform translation:Vector3 rotation:Quaternion; Twist linear:Vector3 angular:Vector3; Accel linear:Vector3 angular:Vector3; " +
    "Wrench force:Vector3 torque:Vector3; Polygon points:Point32[]; Inertia m:float64 com:Vector3 ixx:float64 ixy:float64 ixz:float64 iyy:float64 iyz:float64 izz:float64; " +
    "PoseWithCovariance pose:Pose covariance:float64[36]; TwistWithCovariance twist:Twist covariance:float64[36]; AccelWithCovariance accel:Accel covariance:float64[36]; " +
    "PointStamped header:h point:Point; Vector3Stamped header:h vector:Vector3; QuaternionStamped header:h quaternion:Quaternion; " +
    "PoseStamped header:h pose:Pose; PoseArray header:h poses:Pose[]; PolygonStamped header:h polygon:Polygon; " +
    "TransformStamped header:h child_frame_id:string transform:Transform; TwistStamped header:h twist:Twist; AccelStamped header:h accel:Accel; " +
    "WrenchStamped header:h wrench:Wrench; InertiaStamped header:h inertia:Inertia; PoseWithCovarianceStamped header:h pose:PoseWithCovariance; " +
    "TwistWithCovarianceStamped header:h twist:TwistWithCovariance; AccelWithCovarianceStamped header:h accel:AccelWithCovariance",
  sensor_msgs:
    "Range header:h radiation_type:uint8 field_of_view:float32 min_range:float32 max_range:float32 range:float32; " +
    "LaserScan header:h angle_min:float32 angle_max:float32 angle_increment:float32 time_increment:float32 scan_time:float32 range_min:float32 range_max:float32 ranges:float32[] intensities:float32[]; " +
    "JointState header:h name:string[] position:float64[] velocity:float64[] effort:float64[]; " +
    "Imu header:h orientation:geometry_msgs/Quaternion orientation_covariance:float64[9] angular_velocity:geometry_msgs/Vector3 angular_velocity_covariance:float64[9] linear_acceleration:geometry_msgs/Vector3 linear_acceleration_covariance:float64[9]; " +
    "BatteryState header:h voltage:float32 temperature:float32 current:float32 charge:float32 capacity:float32 design_capacity:float32 percentage:float32 power_supply_status:uint8 power_supply_health:uint8 power_supply_technology:uint8 present:bool cell_voltage:float32[] cell_temperature:float32[] location:string serial_number:string; " +
    "Temperature header:h temperature:float64 variance:float64; FluidPressure header:h fluid_pressure:float64 variance:float64; " +
    "Illuminance header:h illuminance:float64 variance:float64; RelativeHumidity header:h relative_humidity:float64 variance:float64; " +
    "MagneticField header:h magnetic_field:geometry_msgs/Vector3 magnetic_field_covariance:float64[9]; " +
    "NavSatStatus status:int8 service:uint16; NavSatFix header:h status:NavSatStatus latitude:float64 longitude:float64 altitude:float64 position_covariance:float64[9] position_covariance_type:uint8; " +
    "Joy header:h axes:float32[] buttons:int32[]; TimeReference header:h time_ref:t source:string; " +
    "PointField name:string offset:uint32 datatype:uint8 count:uint32; PointCloud2 header:h height:uint32 width:uint32 fields:PointField[] is_bigendian:bool point_step:uint32 row_step:uint32 data:uint8[] is_dense:bool; " +
    "Image header:h height:uint32 width:uint32 encoding:string is_bigendian:uint8 step:uint32 data:uint8[]; CompressedImage header:h format:string data:uint8[]; " +
    "RegionOfInterest x_offset:uint32 y_offset:uint32 height:uint32 width:uint32 do_rectify:bool; " +
    "CameraInfo header:h height:uint32 width:uint32 distortion_model:string d:float64[] k:float64[9] r:float64[9] p:float64[12] binning_x:uint32 binning_y:uint32 roi:RegionOfInterest; " +
    "MultiDOFJointState header:h joint_names:string[] transforms:geometry_msgs/Transform[] twist:geometry_msgs/Twist[] wrench:geometry_msgs/Wrench[]",
  nav_msgs:
    "Odometry header:h child_frame_id:string pose:geometry_msgs/PoseWithCovariance twist:geometry_msgs/TwistWithCovariance; " +
    "Path header:h poses:geometry_msgs/PoseStamped[]; MapMetaData map_load_time:t resolution:float32 width:uint32 height:uint32 origin:geometry_msgs/Pose; " +
    "OccupancyGrid header:h info:MapMetaData data:int8[]; GridCells header:h cell_width:float32 cell_height:float32 cells:geometry_msgs/Point[]",
  tf2_msgs: "TFMessage transforms:geometry_msgs/TransformStamped[]; TF2Error error:uint8 error_string:string",
  trajectory_msgs:
    "JointTrajectoryPoint positions:float64[] velocities:float64[] accelerations:float64[] effort:float64[] time_from_start:d; " +
    "JointTrajectory header:h joint_names:string[] points:JointTrajectoryPoint[]",
  control_msgs:
    "JointTrajectoryControllerState header:h joint_names:string[] desired:trajectory_msgs/JointTrajectoryPoint actual:trajectory_msgs/JointTrajectoryPoint error:trajectory_msgs/JointTrajectoryPoint; " +
    "InterfaceValue interface_names:string[] values:float64[]; DynamicJointState header:h joint_names:string[] interface_values:InterfaceValue[]; " +
    "JointJog header:h joint_names:string[] displacements:float64[] velocities:float64[] duration:float64; GripperCommand position:float64 max_effort:float64; " +
    "PidState header:h timestep:d error:float64 error_dot:float64 p_error:float64 i_error:float64 d_error:float64 p_term:float64 i_term:float64 d_term:float64 i_max:float64 i_min:float64 output:float64",
  diagnostic_msgs:
    "KeyValue key:string value:string; DiagnosticStatus level:byte name:string message:string hardware_id:string values:KeyValue[]; " +
    "DiagnosticArray header:h status:DiagnosticStatus[]",
  action_msgs:
    "GoalInfo goal_id:unique_identifier_msgs/UUID stamp:t; GoalStatus goal_info:GoalInfo status:int8; GoalStatusArray status_list:GoalStatus[]",
  rosgraph_msgs: "Clock clock:t",
  rcl_interfaces:
    "Log stamp:t level:uint8 name:string msg:string file:string function:string line:uint32; " +
    "ParameterValue type:uint8 bool_value:bool integer_value:int64 double_value:float64 string_value:string byte_array_value:byte[] bool_array_value:bool[] integer_array_value:int64[] double_array_value:float64[] string_array_value:string[]; " +
    "Parameter name:string value:ParameterValue; ParameterEvent stamp:t node:string new_parameters:Parameter[] changed_parameters:Parameter[] deleted_parameters:Parameter[]",
});
const SHORT: Readonly<Record<string, string>> = table({
  t: "builtin_interfaces/Time",
  d: "builtin_interfaces/Duration",
  h: "std_msgs/Header",
});
const RULE = "=".repeat(80);

/** Fields of each type in the interface language, by full name. */
const fieldsByType: ReadonlyMap<string, readonly (readonly [type: string, name: string])[]> = new Map(
  Object.entries(COMPACT).flatMap(([pkg, text]) =>
    text.split(";").map((entry) => {
      const [name, ...fields] = entry.trim().split(" ");
      return [
        `${pkg}/${name}`,
        fields.map((field) => {
          const [own, type] = field.split(":") as [string, string];
          return [SHORT[type] ?? type, own] as const;
        }),
      ] as const;
    }),
  ),
);
const PRIMITIVE = /^(bool|byte|char|u?int(8|16|32|64)|float(32|64)|w?string)$/;

/** Names of all types whose definition is on board: `package/Type`. */
export const INTERFACES_ON_BOARD: readonly string[] = [...fieldsByType.keys()];

/** The definition of a common type as a recording would hold it; null: not on board. */
export function definitionOnBoard(typeName: string): string | null {
  const parts = typeName.split("/");
  const first = `${parts[0]}/${parts.at(-1)}`;
  if (!fieldsByType.has(first) || (parts.length === 3 && parts[1] !== "msg")) return null;
  const done = [first];
  for (let i = 0; i < done.length; i++)
    for (const [type] of fieldsByType.get(done[i] as string) ?? []) {
      const bare = type.replace(/\[.*$/, "");
      if (PRIMITIVE.test(bare)) continue;
      const full = bare.includes("/") ? bare : `${(done[i] as string).split("/")[0]}/${bare}`;
      if (!done.includes(full)) done.push(full);
    }
  const textOf = (name: string): string =>
    (fieldsByType.get(name) ?? []).map(([type, own]) => `${type} ${own}`).join("\n");
  return `${done.map((name, i) => (i === 0 ? textOf(name) : `${RULE}\nMSG: ${name}\n${textOf(name)}`)).join("\n")}\n`;
}
