import type { CodeTable } from "./code.ts";

/** Codes of ROS 2 and DDS. ROS_…: both wires; DDS_…: the wire without a ROS installation. */
export const WIRE_ROS_CODES = {
  ROS_MESSAGE_UNREADABLE: {
    severity: "warn",
    title: "message not readable",
    meaning: "A message is damaged or of another layout than its type says; the reading counts as missing.",
    remedy:
      "Compare the publisher's message type with the channel's `device`; the detail says what is wrong.",
    clears: "condition",
    clearedBy: null,
  },
  ROS_MESSAGE_TOO_LARGE: {
    severity: "warn",
    title: "message too large",
    meaning:
      "A message is larger than any that this node takes; it was dropped and the reading counts as missing.",
    remedy: "Publish smaller scans or trajectories.",
    clears: "condition",
    clearedBy: null,
  },
  ROS_DUPLICATE_PUBLISHER: {
    severity: "stop",
    title: "two publishers on a safety topic",
    meaning:
      "More than one source publishes a channel of this cell; which of them tells the truth cannot be known.",
    remedy: "End the publisher that does not belong to this cell, then acknowledge. The detail names both.",
    clears: "acknowledge",
    clearedBy: "acknowledge",
  },
  ROS_FOREIGN_PUBLISHER: {
    severity: "stop",
    title: "foreign publisher",
    meaning:
      "Something other than this node publishes on one of its actuator topics, or a channel comes from another source than its deployment names.",
    remedy: "End the foreign publisher, then acknowledge. The detail names it.",
    clears: "acknowledge",
    clearedBy: "acknowledge",
  },
  ROS_PUBLISHER_GONE: {
    severity: "warn",
    title: "publisher has left",
    meaning: "The last publisher of a channel has gone; the reading counts as missing until it is back.",
    remedy: "Start the driver again; see its log.",
    clears: "condition",
    clearedBy: null,
  },
  ROS_QOS_MISMATCH: {
    severity: "warn",
    title: "publisher offers less than is asked",
    meaning: "A publisher exists but its quality of service does not match, so nothing arrives from it.",
    remedy:
      "Set `qos` of this topic in the transport's settings, or the publisher's own QoS; the detail names the policy.",
    clears: "condition",
    clearedBy: null,
  },
  ROS_SAMPLES_LOST: {
    severity: "warn",
    title: "messages lost on the way",
    meaning: "Messages were overwritten or lost before this node could read them.",
    remedy:
      "Look at network and processor load; raise `depth` of the topic if the load is known and harmless.",
    clears: "condition",
    clearedBy: null,
  },
  ROS_PROPOSAL_UNREADABLE: {
    severity: "none",
    title: "proposal not readable",
    meaning: "A message on a proposal topic could not be read; nothing was judged and nothing runs.",
    remedy: "Compare the proposer's message with the type in the deployment.",
    clears: "condition",
    clearedBy: null,
  },
  ROS_RELEASE_REFUSED: {
    severity: "none",
    title: "request refused",
    meaning:
      "A request that would release motion came over ROS or DDS and was refused: releasing is off, its signature does not hold, or it has expired.",
    remedy: "Use the control page, or set `release` with SROS 2 enforced or signed requests.",
    clears: "condition",
    clearedBy: null,
  },
  ROS_GOAL_UNREADABLE: {
    severity: "none",
    title: "goal not usable",
    meaning:
      "A goal holds something that is never judged here, such as joints of several axes; it was not forwarded.",
    remedy: "Send plain joint trajectories, with a start time of zero; the detail says what is wrong.",
    clears: "condition",
    clearedBy: null,
  },
  ROS_GOAL_IN_SHADOW: {
    severity: "none",
    title: "goal judged in shadow",
    meaning: "The gate only watches (stage 0): a goal that comes to it is judged and not forwarded.",
    remedy: "Send goals to the controller itself while the gate is in shadow, or raise its stage.",
    clears: "condition",
    clearedBy: null,
  },
  ROS_GOAL_NOT_TAKEN: {
    severity: "none",
    title: "controller did not take the goal",
    meaning: "The controller refused the goal, or answered nothing.",
    remedy: "See the controller's log; check that it is active.",
    clears: "condition",
    clearedBy: null,
  },
  ROS_FOREIGN_GOAL: {
    severity: "stop",
    title: "motion without a permit",
    meaning: "The controller runs a goal that did not come through this node.",
    remedy: "Point whoever sends goals at the action that this node serves, then acknowledge.",
    clears: "acknowledge",
    clearedBy: "acknowledge",
  },
  ROS_CALLBACK_FAILED: {
    severity: "stop",
    title: "receiving failed inside the node",
    meaning:
      "A fault inside the node was caught while a message was handled; the message may not have been acted on.",
    remedy: "Restart the node and report the detail with the tape.",
    clears: "restart",
    clearedBy: null,
  },
  ROS_NOT_SOURCED: {
    severity: "stop",
    title: "no ROS 2 environment",
    meaning:
      "The deployment asks for ROS 2, but ROS_DISTRO and AMENT_PREFIX_PATH are not set in this process.",
    remedy:
      "Source the ROS 2 setup file before starting, or use `kind: dds`, which needs no ROS installation.",
    clears: "restart",
    clearedBy: null,
  },
  ROS_MIDDLEWARE_MISSING: {
    severity: "stop",
    title: "ROS middleware not found",
    meaning:
      "RMW_IMPLEMENTATION names a middleware whose library is not installed; loading it would end the process.",
    remedy: "Install it or unset RMW_IMPLEMENTATION.",
    clears: "restart",
    clearedBy: null,
  },
  ROS_BINDING_MISSING: {
    severity: "stop",
    title: "ROS binding not built",
    meaning: "The ROS binding of this node is not there or was not built for this ROS release.",
    remedy: "Run `npm run setup:ros` in a shell with ROS sourced.",
    clears: "restart",
    clearedBy: null,
  },
  ROS_DEACTIVATED: {
    severity: "stop",
    title: "node is not active",
    meaning:
      "Somebody took the node out of its active state over the ROS life cycle; nothing may move until it is active again.",
    remedy: "ros2 lifecycle set /cellgate activate",
    clears: "condition",
    clearedBy: null,
  },
  DDS_LIBRARY_MISSING: {
    severity: "stop",
    title: "DDS library not found",
    meaning: "The Eclipse Cyclone DDS library could not be loaded.",
    remedy:
      "Install it (Debian, Ubuntu: apt install libddsc0debian) or name it with `library` in the transport's settings.",
    clears: "restart",
    clearedBy: null,
  },
  DDS_LIBRARY_UNKNOWN: {
    severity: "stop",
    title: "DDS library of an unknown version",
    meaning:
      "The loaded library is not one whose memory layout this node knows; using it could read wrong values.",
    remedy: "Install one of the versions in the detail, or name another file with `library`.",
    clears: "restart",
    clearedBy: null,
  },
  DDS_ZENOH_ROUTER: {
    severity: "warn",
    title: "a Zenoh router runs on this machine",
    meaning:
      "Nodes that speak through it are not on DDS: this wire sees neither what they send nor that they send, so it cannot say that nobody else commands the robot.",
    remedy: "If the robot's nodes use rmw_zenoh, use kind: ros2; otherwise nothing.",
    clears: "restart",
    clearedBy: null,
  },
  DDS_ALONE: {
    severity: "warn",
    title: "nobody else in this DDS domain",
    meaning:
      "No other participant was found on the network interface of this wire, so no source and no controller can be reached.",
    remedy:
      "On another machine or in a container: set `network` to the interface that the robot uses and `multicast: true`, or name its hosts under `peers`; compare the domain id.",
    clears: "condition",
    clearedBy: null,
  },
  DDS_OPEN_FAILED: {
    severity: "stop",
    title: "DDS could not be opened",
    meaning: "Domain, topic, reader or writer could not be created.",
    remedy: "Check network interface, domain id and topic settings; the detail names the call that failed.",
    clears: "restart",
    clearedBy: null,
  },
  DDS_RECEIVE_STOPPED: {
    severity: "stop",
    title: "receiving has ended",
    meaning: "The loop that waits for DDS messages has ended although nobody closed it.",
    remedy: "Restart the node and report the detail.",
    clears: "restart",
    clearedBy: null,
  },
} as const satisfies CodeTable;
