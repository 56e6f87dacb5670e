import type { CodeEntry, CodeTable } from "./code.ts";
import { REFLEX_SOURCE_CODES } from "./reflex-source.ts";

/** Stops the cell and stays until an operator resets, however short the condition was. */
const latchedStop = (title: string, meaning: string, remedy: string): CodeEntry => ({
  severity: "stop",
  title,
  meaning,
  remedy,
  clears: "acknowledge",
  clearedBy: "reset",
});
const lasting = (
  severity: CodeEntry["severity"],
  title: string,
  meaning: string,
  remedy: string,
): CodeEntry => ({
  severity,
  title,
  meaning,
  remedy,
  clears: "condition",
  clearedBy: null,
});

/** Codes that the rules of the reflex give for what they see in the cell. */
const CELL_SIDE_CODES = {
  ESTOP_PRESSED: latchedStop(
    "e-stop",
    "An emergency stop device is pressed, or its wire is broken. The node adds a software stop; the e-stop itself is hardwired.",
    "Find out why it was pressed, release it at the device, then reset and resume.",
  ),
  ESTOP_DISCREPANCY: latchedStop(
    "e-stop channels disagree",
    "The two channels of an e-stop device contradicted each other for longer than the discrepancy time.",
    "Check the wiring and contacts. Press the device so that both channels are seen off, release it, then reset.",
  ),
  ESTOP_UNREADABLE: latchedStop(
    "e-stop not readable",
    "A reading of an e-stop channel could not be understood; it counts as pressed.",
    "Check the wire and the input module, then reset.",
  ),
  PROTECTIVE_STOP: latchedStop(
    "protective stop",
    "The robot or its safety controller reports a protective stop.",
    "Clear the cause at the robot, then reset and resume.",
  ),
  GRIP_LOST: latchedStop(
    "part lost from the gripper",
    "The gripper held a part and holds none any more, while the arm was moving: it slipped, was torn away or fell.",
    "Look where the part lies and why it came loose, then reset and resume.",
  ),
  SAFETY_MODE_EMERGENCY: latchedStop(
    "robot in emergency stop",
    "The robot's controller reports an emergency stop.",
    "Release the e-stop at the robot, then reset and resume.",
  ),
  SAFETY_MODE_PROTECTIVE: latchedStop(
    "robot in protective stop",
    "The robot's controller reports a protective or safeguard stop.",
    "Clear the cause at the robot, then reset and resume.",
  ),
  SAFETY_MODE_FAULT: latchedStop(
    "robot's safety mode not normal",
    "The robot's controller reports a violation, a fault or a mode that this deployment does not call normal.",
    "Look at the robot's own log, bring it to normal mode, then reset and resume.",
  ),
  SAFETY_MODE_REDUCED: lasting(
    "slow",
    "robot in reduced mode",
    "The robot's controller runs with its reduced limits.",
    "Nothing, when this is meant; the cell goes slow while it lasts.",
  ),
  FORCE_LIMIT: latchedStop(
    "force above its limit",
    "A measured force is above the limit of the deployment.",
    "Look for a person, a jam or a collision, then reset and resume.",
  ),
  TORQUE_LIMIT: latchedStop(
    "torque above its limit",
    "A measured torque is above the limit of the deployment.",
    "Look for a jam or a collision, then reset and resume.",
  ),
  FORCE_NEAR_LIMIT: lasting(
    "slow",
    "force near its limit",
    "A measured force is above the slow mark of the deployment.",
    "Nothing; the cell speeds up again when the force falls.",
  ),
  FORCE_SPIKE: latchedStop(
    "contact: force rose suddenly",
    "A force rose faster and further than the deployment allows: a contact.",
    "Look what was touched, then reset and resume.",
  ),
  PFL_TRANSIENT: latchedStop(
    "contact force above the transient limit",
    "A contact force went above the transient limit of a body region that can be touched here.",
    "Look after the person, then for the cause. Reset and resume only after that.",
  ),
  PFL_QUASI_STATIC: latchedStop(
    "clamping force held too long",
    "A contact force stayed above the quasi-static limit of a body region that can be touched here.",
    "Free the person or the jam, then reset and resume.",
  ),
  PFL_HEAD_CONTACT: latchedStop(
    "contact where the head can be",
    "A contact was felt in a task in which skull or face can be touched; transient contact there is not permitted at all.",
    "Look after the person. Change the task so that the head cannot be reached.",
  ),
  PFL_SPEED: latchedStop(
    "faster than contact allows",
    "The tool moves faster than a contact with the weakest body region of this task permits.",
    "Lower the speed of the program, or check masses and regions of the deployment.",
  ),
  PFL_TABLE_UNUSABLE: {
    severity: "stop",
    title: "contact limits not usable",
    meaning:
      "The table of contact limits is missing, its signature does not verify, or its edition is not the one confirmed.",
    remedy:
      "Check `rules.pfl`: file, public key and the edition that you confirm. Then start the node again.",
    clears: "restart",
    clearedBy: "reset",
  },
  PROXIMITY_MIN: latchedStop(
    "too close",
    "Something is nearer than the smallest distance of the deployment.",
    "See who or what is there. When the space is free, reset and resume.",
  ),
  PROXIMITY_NEAR: lasting(
    "slow",
    "near",
    "Something is nearer than the slow mark of the deployment.",
    "Nothing; the cell speeds up again when the space is free.",
  ),
  SEPARATION_LOST: latchedStop(
    "separation too small for the speed",
    "The distance is smaller than the protective separation distance at the present speed.",
    "When the space is free, reset and resume. When this happens often, lower the speed or move the walkway.",
  ),
  SEPARATION_NEAR: lasting(
    "slow",
    "separation shrinking",
    "The distance comes near the protective separation distance.",
    "Nothing; the cell speeds up again when the person is further away.",
  ),
  ZONE_SLOW: lasting(
    "slow",
    "slow zone occupied",
    "Something is inside a slow zone.",
    "Nothing; it ends when the zone is free.",
  ),
  ZONE_HOLD: lasting(
    "hold",
    "hold zone occupied",
    "Something is inside a zone in which the robot pauses.",
    "Nothing; the robot goes on by itself when the zone has been free for the hold time.",
  ),
  VELOCITY_LIMITED: lasting(
    "warn",
    "asked velocity limited",
    "A velocity filter lets less through than was asked for: a limit zone is occupied, or the robot's own limit is exceeded.",
    "Nothing; it ends when the zone is free or less is asked for.",
  ),
  VELOCITY_APPROACH: lasting(
    "warn",
    "slower before an obstacle",
    "With the asked velocity the robot would meet something too soon; a velocity filter lets through what keeps the time.",
    "Nothing; it ends when the way is free or another velocity is asked for.",
  ),
  ZONE_STOP: latchedStop(
    "stop zone occupied",
    "Something is inside a stop zone.",
    "When the zone is free, reset and resume.",
  ),
  ARM_IN_FORBIDDEN_ZONE: latchedStop(
    "arm in a forbidden zone",
    "The arm is inside a box that the deployment forbids, or moves so fast towards it that it cannot stop before.",
    "Find out what sent it there. Move it out by hand or at the robot's pendant, then reset and resume.",
  ),
  JOINT_POSITION: latchedStop(
    "joint outside its range",
    "A joint stands outside the range that the deployment gives it.",
    "Move it back by hand or at the robot's pendant, then reset and resume.",
  ),
  JOINT_SPEED: latchedStop(
    "joint too fast",
    "A joint moves faster than the deployment allows.",
    "Check the program and the limits, then reset and resume.",
  ),
  JOINT_EFFORT: latchedStop(
    "joint effort too high",
    "A joint pushes harder than the deployment allows: a jam, a collision or a wrong payload.",
    "Check the payload and look for a jam, then reset and resume.",
  ),
  TOOL_SPEED: latchedStop(
    "tool too fast",
    "The tool point moves faster than the deployment allows.",
    "Check the program and the limits, then reset and resume.",
  ),
  STOP_NOT_CONFIRMED: latchedStop(
    "motion did not end",
    "The robot still moves, or its motion is not known, after the time in which the block should have stopped it.",
    "Use the hardwired e-stop. Then find out why the robot did not obey.",
  ),
} as const satisfies CodeTable;

export const REFLEX_CODES = { ...CELL_SIDE_CODES, ...REFLEX_SOURCE_CODES } as const satisfies CodeTable;
