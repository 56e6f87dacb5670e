import { z } from "zod";
import { OWN_MESSAGES } from "./own-messages.ts";
import { SWITCH_RELEASES } from "./switch-controller.ts";

/** Messages that can carry a command or information out. */
export const OUT_MESSAGES = [
  "std_msgs/Bool",
  "std_msgs/String",
  "std_msgs/Float64",
  "std_msgs/Float64MultiArray",
  "geometry_msgs/Twist",
  "geometry_msgs/TwistStamped",
  "control_msgs/JointJog",
  "trajectory_msgs/JointTrajectory",
  "controller_manager_msgs/SwitchController",
  "control_msgs/GripperCommand",
  "control_msgs/SpeedScalingFactor",
  "ur_msgs/SetSpeedSliderFraction",
  ...OWN_MESSAGES,
] as const;
/** Messages that can carry a proposal in. */
export const PROPOSAL_MESSAGES = [
  "std_msgs/String",
  "std_msgs/Float64MultiArray",
  "geometry_msgs/Twist",
  "geometry_msgs/TwistStamped",
  "trajectory_msgs/JointTrajectory",
] as const;

const rosName = z.string().min(1).max(256);
const jointNames = z.array(z.string().min(1).max(256)).min(1).max(16);

const out = z
  .strictObject({
    message: z.enum(OUT_MESSAGES).describe("ROS type of the topic"),
    frame: z.string().max(256).default("base_link").describe("frame_id of stamped messages"),
    blockedValue: z.boolean().default(true).describe("std_msgs/Bool: the value that means blocked"),
    jointNames: jointNames.optional().describe("joints of the controller; the robot's joints when absent"),
    holdMs: z
      .number()
      .min(0)
      .max(5_000)
      .default(100)
      .describe("time_from_start of the pose that a stop holds"),
    release: z
      .enum(SWITCH_RELEASES)
      .default("jazzy")
      .describe("SwitchController (a service): humble, or jazzy and later"),
    exclusive: z
      .boolean()
      .default(true)
      .describe("false: others may publish here too; then `because` is required"),
    because: z.string().min(10).max(500).optional(),
  })
  .refine((o) => o.exclusive || o.because !== undefined, {
    message: "exclusive: false needs `because:` with the reason",
    path: ["because"],
  });
export type OutSettings = z.infer<typeof out>;

const proposal = z
  .strictObject({
    message: z.enum(PROPOSAL_MESSAGES).describe("ROS type; std_msgs/String carries a whole proposal as JSON"),
    target: rosName
      .optional()
      .describe("what the proposals are for; needed unless the message says it itself"),
    proposer: z.string().min(1).max(256).default("ros").describe("name of the proposer in receipts"),
    durationMs: z.number().min(1).max(60_000).default(200).describe("how long one proposed twist lasts"),
    chunk: z
      .strictObject({
        stepMs: z
          .number()
          .min(5)
          .max(1_000)
          .default(33)
          .describe("Float64MultiArray: time from one row of joint angles to the next"),
        brakeRadPerS2: z
          .number()
          .min(0.01)
          .max(1_000)
          .describe("how hard a stretch that no other follows comes to rest at its end"),
      })
      .optional()
      .describe("a policy's stream: each message takes the place of what is left of the one before"),
  })
  .refine((p) => p.message !== "std_msgs/Float64MultiArray" || p.chunk !== undefined, {
    message: "rows of joint angles need `chunk`",
    path: ["chunk"],
  })
  .refine(
    (p) =>
      p.chunk === undefined ||
      p.message === "std_msgs/Float64MultiArray" ||
      p.message === "trajectory_msgs/JointTrajectory",
    { message: "only trajectories and rows of joint angles come in chunks", path: ["chunk"] },
  )
  .refine((p) => p.message === "std_msgs/String" || p.target !== undefined, {
    message: "a proposal topic of this type needs `target`",
    path: ["target"],
  });
export type ProposalSettings = z.infer<typeof proposal>;

const action = z.strictObject({
  controller: rosName.describe("the controller's own action: where permitted goals go"),
  target: rosName.describe("what the goals are for"),
  proposer: z.string().min(1).max(256).default("ros").describe("name of the proposer in receipts"),
  inShadow: z
    .enum(["refuse", "forward"])
    .default("refuse")
    .describe(
      "stage 0: goals are refused, or forwarded whatever the gate says, as they would run without it",
    ),
  cancelMs: z
    .number()
    .int()
    .min(20)
    .max(10_000)
    .default(250)
    .describe("a cancel that the controller has not confirmed by then becomes a stop"),
});
export type ActionSettings = z.infer<typeof action>;

const qos = z.strictObject({
  reliable: z.boolean().optional(),
  transientLocal: z.boolean().optional(),
  depth: z.number().int().min(1).max(10_000).optional().describe("messages kept for a slow reader"),
  deadlineMs: z
    .number()
    .int()
    .min(1)
    .max(60_000)
    .optional()
    .describe(
      "offered on what this node publishes (kind: dds): a reader that asks for it is told of silence by its middleware",
    ),
  livelinessMs: z
    .number()
    .int()
    .min(1)
    .max(60_000)
    .optional()
    .describe(
      "lease offered on what this node publishes (kind: dds): a reader is told when this process is gone",
    ),
});
export type QosSettings = z.infer<typeof qos>;

/** What both ROS wires take. */
export const rosShape = {
  node: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .max(128)
    .default("cellgate")
    .describe("name of this node"),
  namespace: z.string().max(256).default("/").describe("relative names begin here"),
  remaps: z.array(z.string().max(512)).max(64).default([]).describe("from:=to, as on a ROS command line"),
  out: z
    .record(rosName, out)
    .default({})
    .describe("topics this node publishes on; actuators name them as their address"),
  proposals: z.record(rosName, proposal).default({}).describe("topics on which actions are proposed"),
  actions: z
    .record(rosName, action)
    .default({})
    .describe("FollowJointTrajectory actions served here; an actuator of kind follow names the controller's"),
  qos: z.record(rosName, qos).default({}).describe("differs from the stated quality of service, by topic"),
  release: z
    .enum(["off", "signed", "sros2"])
    .default("off")
    .describe("who may reset, resume, approve or switch a stage over this wire; plain ROS knows no caller"),
  sros2Operator: z
    .string()
    .max(64)
    .optional()
    .describe("release: sros2 only: the operator whom an authenticated caller acts as"),
} as const;
export const rosSettingsSchema = z.strictObject(rosShape);
export type RosSettings = z.infer<typeof rosSettingsSchema>;
