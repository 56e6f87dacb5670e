import type { Quantity } from "../../../core/domain/index.ts";
import { PERMIT_LIFETIME_US } from "../../../core/domain/index.ts";
import type { RosQos } from "./bus.ts";
import type { QosSettings } from "./settings.ts";

/** At 1 kHz a longer backlog is an event-loop lag that blocks by itself. */
const SENSOR_DEPTH = 256;
/** 2 MB of the largest scans */
const SCAN_DEPTH = 16;

const LEVEL: RosQos = { reliable: true, transientLocal: true, depth: 8, lifespanMs: null };
const SENSOR: RosQos = { reliable: false, transientLocal: false, depth: SENSOR_DEPTH, lifespanMs: null };
/** The newest command counts, older ones are not made up for. */
const COMMAND: RosQos = { ...SENSOR, depth: 8 };
const SCAN: RosQos = { ...SENSOR, depth: SCAN_DEPTH };

/** Sensors: best effort, newest first to matter. Levels that change rarely: reliable, and known to late joiners. */
const BY_QUANTITY: Readonly<Record<Quantity, RosQos>> = {
  wrench: SENSOR,
  range: SENSOR,
  scan: SCAN,
  joints: SENSOR,
  jointErrors: SENSOR,
  currents: SENSOR,
  twist: SENSOR,
  twistCommand: COMMAND,
  jogCommand: COMMAND,
  hidden: SENSOR,
  heartbeat: SENSOR,
  scalar: SENSOR,
  estop: LEVEL,
  estopDual: LEVEL,
  protectiveStop: LEVEL,
  safetyMode: LEVEL,
  grip: LEVEL,
  flag: LEVEL,
};

/** A command reaches whoever listens now, or nobody: never a late joiner, never after its time. */
export const COMMAND_QOS: RosQos = {
  reliable: true,
  transientLocal: false,
  depth: 1,
  lifespanMs: PERMIT_LIFETIME_US / 1_000,
};
export const INFORMATION_QOS: RosQos = { reliable: true, transientLocal: true, depth: 1, lifespanMs: null };
/** The scale in force: a controller that starts later has to know it. */
const SCALE_QOS: RosQos = { reliable: true, transientLocal: true, depth: 1, lifespanMs: null };
export function statedQos(message: string): RosQos {
  if (message === "control_msgs/SpeedScalingFactor") return SCALE_QOS;
  const tells = message === "std_msgs/String" || message === "std_msgs/Float64";
  return tells || (message.startsWith("cellgate_msgs/") && message !== "cellgate_msgs/Block")
    ? INFORMATION_QOS
    : COMMAND_QOS;
}
export const PROPOSAL_QOS: RosQos = { reliable: true, transientLocal: false, depth: 16, lifespanMs: null };

export const channelQos = (quantity: Quantity, differs: QosSettings | undefined): RosQos =>
  withSettings(BY_QUANTITY[quantity], differs);

export const withSettings = (stated: RosQos, differs: QosSettings | undefined): RosQos => ({
  reliable: differs?.reliable ?? stated.reliable,
  transientLocal: differs?.transientLocal ?? stated.transientLocal,
  depth: differs?.depth ?? stated.depth,
  lifespanMs: stated.lifespanMs,
  ...(differs?.deadlineMs !== undefined && { deadlineMs: differs.deadlineMs }),
  ...(differs?.livelinessMs !== undefined && { livelinessMs: differs.livelinessMs }),
});

/** Two channels of one topic share a subscription: it has to satisfy the more demanding one. */
export const strictest = (a: RosQos, b: RosQos): RosQos => ({
  reliable: a.reliable || b.reliable,
  transientLocal: a.transientLocal || b.transientLocal,
  depth: Math.max(a.depth, b.depth),
  lifespanMs: null,
});
