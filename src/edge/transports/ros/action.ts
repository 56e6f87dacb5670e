import { assert } from "../../../core/base/assert.ts";
import { type MessageLayout, parseDefinition, type RosMessage } from "../../wire/index.ts";

/** An action by its full ROS name. All layouts are of the parts that travel in its three services and two topics. */
export interface RosAction {
  readonly name: string;
  /** `package/action/Type` */
  readonly type: string;
  readonly layouts: ActionLayouts;
}
export interface ActionLayouts {
  readonly sendGoal: MessageLayout;
  readonly sendGoalAnswer: MessageLayout;
  readonly getResult: MessageLayout;
  readonly getResultAnswer: MessageLayout;
  readonly cancelGoal: MessageLayout;
  readonly cancelGoalAnswer: MessageLayout;
  readonly feedback: MessageLayout;
  readonly status: MessageLayout;
}
/** action_msgs/GoalStatus */
export const GOAL_STATUS = {
  accepted: 1,
  executing: 2,
  canceling: 3,
  succeeded: 4,
  canceled: 5,
  aborted: 6,
} as const;
export type GoalEnd = (typeof GOAL_STATUS)["succeeded" | "canceled" | "aborted"];

/** Goals of others, served here. Ids are 32 hexadecimal digits. Nothing is called after the bus has closed. */
export interface GoalsIn {
  /** null: larger than anything this node takes; it is ended at once, with words */
  goal(id: string, goal: RosMessage | null): void;
  /** of the goals that somebody asks to cancel, those that will be */
  cancel(ids: readonly string[]): readonly string[];
}
export interface RosActionServer {
  executing(id: string): void;
  feedback(id: string, feedback: RosMessage): void;
  /** ends a goal once; later calls change nothing */
  end(id: string, status: GoalEnd, result: RosMessage): void;
}
/** What a server of an action says about goals. */
export interface GoalsOut {
  accepted(id: string, accepted: boolean): void;
  feedback(id: string, feedback: RosMessage): void;
  canceling(ids: readonly string[]): void;
  result(id: string, status: number, result: RosMessage): void;
  /** goals of anybody that the server runs */
  running(ids: readonly string[]): void;
}
export interface RosActionClient {
  /** false: nobody serves it, or it could not be handed over */
  send(id: string, goal: RosMessage): boolean;
  /** every goal of the server when no id is given, also one of somebody else */
  cancel(id?: string): boolean;
  heard(): boolean;
}

const RULE = "=".repeat(80);
const part = (type: string, fields: string): string => `\n${RULE}\nMSG: ${type}\n${fields}`;
const TIMES =
  part("builtin_interfaces/Time", "int32 sec\nuint32 nanosec") +
  part("builtin_interfaces/Duration", "int32 sec\nuint32 nanosec");
const UUID = part("unique_identifier_msgs/UUID", "uint8[16] uuid");
const GOAL_INFO = part(
  "action_msgs/GoalInfo",
  "unique_identifier_msgs/UUID goal_id\nbuiltin_interfaces/Time stamp",
);
const HEADER = part("std_msgs/Header", "builtin_interfaces/Time stamp\nstring frame_id");
const VECTOR = part("geometry_msgs/Vector3", "float64 x\nfloat64 y\nfloat64 z");
const POINT =
  part(
    "trajectory_msgs/JointTrajectoryPoint",
    "float64[] positions\nfloat64[] velocities\nfloat64[] accelerations\nfloat64[] effort\nbuiltin_interfaces/Duration time_from_start",
  ) +
  part(
    "trajectory_msgs/MultiDOFJointTrajectoryPoint",
    "geometry_msgs/Transform[] transforms\ngeometry_msgs/Twist[] velocities\ngeometry_msgs/Twist[] accelerations\nbuiltin_interfaces/Duration time_from_start",
  ) +
  part("geometry_msgs/Transform", "geometry_msgs/Vector3 translation\ngeometry_msgs/Quaternion rotation") +
  part("geometry_msgs/Twist", "geometry_msgs/Vector3 linear\ngeometry_msgs/Vector3 angular") +
  part("geometry_msgs/Quaternion", "float64 x\nfloat64 y\nfloat64 z\nfloat64 w") +
  VECTOR;
const TOLERANCES =
  part(
    "control_msgs/JointTolerance",
    "string name\nfloat64 position\nfloat64 velocity\nfloat64 acceleration",
  ) +
  part(
    "control_msgs/JointComponentTolerance",
    "string joint_name\nuint16 component\nfloat64 position\nfloat64 velocity\nfloat64 acceleration",
  );
const GOAL =
  part(
    "control_msgs/Goal",
    [
      "trajectory_msgs/JointTrajectory trajectory",
      "trajectory_msgs/MultiDOFJointTrajectory multi_dof_trajectory",
      "control_msgs/JointTolerance[] path_tolerance",
      "control_msgs/JointComponentTolerance[] component_path_tolerance",
      "control_msgs/JointTolerance[] goal_tolerance",
      "control_msgs/JointComponentTolerance[] component_goal_tolerance",
      "builtin_interfaces/Duration goal_time_tolerance",
    ].join("\n"),
  ) +
  part(
    "trajectory_msgs/JointTrajectory",
    "std_msgs/Header header\nstring[] joint_names\ntrajectory_msgs/JointTrajectoryPoint[] points",
  ) +
  part(
    "trajectory_msgs/MultiDOFJointTrajectory",
    "std_msgs/Header header\nstring[] joint_names\ntrajectory_msgs/MultiDOFJointTrajectoryPoint[] points",
  );
const FEEDBACK = part(
  "control_msgs/Feedback",
  [
    "std_msgs/Header header",
    "string[] joint_names",
    ...["desired", "actual", "error"].map((name) => `trajectory_msgs/JointTrajectoryPoint ${name}`),
    "string[] multi_dof_joint_names",
    ...["desired", "actual", "error"].map(
      (name) => `trajectory_msgs/MultiDOFJointTrajectoryPoint multi_dof_${name}`,
    ),
  ].join("\n"),
);
const RESULT = part("control_msgs/Result", "int32 error_code\nstring error_string");
const ID = "unique_identifier_msgs/UUID goal_id";

function layout(name: string, fields: string): MessageLayout {
  const parsed = parseDefinition(name, "ros2msg", fields);
  assert(parsed.ok, `definition of ${name}: ${parsed.ok ? "" : parsed.error}`);
  return parsed.value;
}

export const FOLLOW_JOINT_TRAJECTORY = "control_msgs/action/FollowJointTrajectory";
/** The action by which everybody moves an arm under ROS 2. */
export function followJointTrajectory(name: string): RosAction {
  const type = FOLLOW_JOINT_TRAJECTORY;
  return {
    name,
    type,
    layouts: {
      sendGoal: layout(
        `${type}_SendGoal_Request`,
        `${ID}\ncontrol_msgs/Goal goal${UUID}${GOAL}${POINT}${TOLERANCES}${HEADER}${TIMES}`,
      ),
      sendGoalAnswer: layout(
        `${type}_SendGoal_Response`,
        `bool accepted\nbuiltin_interfaces/Time stamp${TIMES}`,
      ),
      getResult: layout(`${type}_GetResult_Request`, `${ID}${UUID}`),
      getResultAnswer: layout(
        `${type}_GetResult_Response`,
        `int8 status\ncontrol_msgs/Result result${RESULT}`,
      ),
      cancelGoal: layout(
        "action_msgs/srv/CancelGoal_Request",
        `action_msgs/GoalInfo goal_info${GOAL_INFO}${UUID}${TIMES}`,
      ),
      cancelGoalAnswer: layout(
        "action_msgs/srv/CancelGoal_Response",
        `int8 return_code\naction_msgs/GoalInfo[] goals_canceling${GOAL_INFO}${UUID}${TIMES}`,
      ),
      feedback: layout(
        `${type}_FeedbackMessage`,
        `${ID}\ncontrol_msgs/Feedback feedback${UUID}${FEEDBACK}${POINT}${HEADER}${TIMES}`,
      ),
      status: layout(
        "action_msgs/msg/GoalStatusArray",
        `action_msgs/GoalStatus[] status_list${part("action_msgs/GoalStatus", "action_msgs/GoalInfo goal_info\nint8 status")}${GOAL_INFO}${UUID}${TIMES}`,
      ),
    },
  };
}

/** A goal's id as text and back. */
export const idOf = (message: RosMessage | undefined): string =>
  Buffer.from(
    ((message as { uuid?: Uint8Array } | undefined)?.uuid ?? new Uint8Array(16)) as Uint8Array,
  ).toString("hex");
export const uuidOf = (id: string): RosMessage => ({ uuid: new Uint8Array(Buffer.from(id, "hex")) });
