import type { CodeTable } from "./code.ts";
import { refusal } from "./refusal.ts";

/** The action may not run now, or never. Nobody can approve these away. */
export const HARD_CODES = {
  GATE_CELL_BLOCKED: refusal(
    "cell may not move",
    "The cell is blocked, so no action may start.",
    "Clear the causes that status shows, then propose again.",
  ),
  GATE_STATE_UNKNOWN: refusal(
    "pose unknown",
    "The measured pose of the arm is missing or older than allowed, so nothing can be tried out.",
    "Check the joint channel.",
  ),
  ENERGY_UNTRUSTED: refusal(
    "no trusted risk energy",
    "V_s is missing, negative or not a number.",
    "Check the risk head with `cellgate status`; without a head set gate.energy.monitored: false with a reason.",
  ),
  ENERGY_ABOVE_LIMIT: refusal(
    "risk energy too high",
    "V_s is above its limit before the action has begun.",
    "Look at the contributions in the receipt and remove the cause.",
  ),
  JOINTS_MISMATCH: refusal(
    "joints do not match",
    "The action names other joints than the robot has, or another number of them.",
    "Name every joint of the deployment exactly once.",
  ),
  TRAJECTORY_TIMES_INVALID: refusal(
    "times do not grow",
    "The times of the trajectory do not grow strictly.",
    "Sort the points and remove doubled times.",
  ),
  HORIZON_TOO_LONG: refusal(
    "action too long",
    "The action takes longer than the gate looks ahead.",
    "Split it; each part is judged on fresh readings.",
  ),
  START_MISMATCH: refusal(
    "start is elsewhere",
    "The action begins at another pose than the one measured.",
    "Plan again from the measured pose.",
  ),
  JOINT_LIMIT_EXCEEDED: refusal(
    "joint limit",
    "A joint would leave its range.",
    "Keep the path within the limits of the deployment.",
  ),
  JOINT_SPEED_EXCEEDED: refusal(
    "joint too fast",
    "A joint would move faster than its limit.",
    "Give the points more time.",
  ),
  JOINT_JERK_EXCEEDED: refusal(
    "joint jerk too high",
    "The points of the trajectory change the acceleration of a joint faster than the robot may.",
    "Smooth the points, or give them more time.",
  ),
  JOINT_ACCELERATION_EXCEEDED: refusal(
    "joint accelerates too hard",
    "A joint would accelerate harder than its limit.",
    "Smooth the path or give it more time.",
  ),
  MOTION_UNRESOLVED: refusal(
    "motion too intricate",
    "The motion turns so often that the work allowed for one judgement does not tell what it does between the moments looked at.",
    "Smooth the path, or propose it in shorter actions.",
  ),
  TOOL_SPEED_EXCEEDED: refusal(
    "tool too fast",
    "The tool would move faster than this cell allows.",
    "Give the points more time.",
  ),
  FORCE_LIMIT_EXCEEDED: refusal(
    "force limit",
    "The action asks for, or would meet, more force than allowed.",
    "Lower force or acceleration.",
  ),
  PAYLOAD_EXCEEDED: refusal(
    "payload too heavy",
    "The stated payload is heavier than the robot's.",
    "Correct the payload or the deployment.",
  ),
  ZONE_FORBIDDEN: refusal(
    "forbidden zone",
    "A part of the arm would enter a forbidden zone.",
    "Plan around the zone.",
  ),
  SEPARATION_TOO_SMALL: refusal(
    "too close to a person",
    "The undisturbed action would come closer to what is sensed than the separation allows.",
    "Wait, slow down, or plan farther away.",
  ),
  SKILL_NOT_CARRIED: refusal(
    "skill cannot be carried out",
    "A skill states no motion, and the receiver of the target's commands knows no skills by name.",
    "Give the skill waypoints, a gripper or `pause: true`; or an actuator of kind command whose receiver knows it.",
  ),
  SKILL_UNKNOWN: refusal(
    "skill unknown",
    "A program or plan uses a skill that the deployment does not know.",
    "Add it to gate.skills with its preconditions, or correct the name.",
  ),
  SKILL_PRECONDITION: refusal(
    "precondition missing",
    "A skill would run before what it needs is true.",
    "Order the steps so that every skill's needs are met.",
  ),
  PLAN_CYCLIC: refusal(
    "plan has a cycle",
    "The plan's edges form a circle, so it can never begin or never end.",
    "Remove one edge of the circle that the detail names.",
  ),
  PLAN_MALFORMED: refusal(
    "plan malformed",
    "Two nodes share a name, or an edge leads to a node that is not there.",
    "Correct the names.",
  ),
  LOCK_UNKNOWN: refusal(
    "lock unknown",
    "The plan takes a lock that the deployment does not know.",
    "Add it to gate.locks or correct the name.",
  ),
  LOCK_UNBALANCED: refusal(
    "lock not released",
    "A lock is taken twice, released without being held, or held at the end of the plan.",
    "Release every lock exactly once after taking it.",
  ),
  LOCK_HELD: refusal(
    "lock held by another",
    "Another action holds a lock that this plan needs.",
    "Propose again when the other has ended.",
  ),
  TARGET_BUSY: refusal(
    "target busy",
    "Another action runs on this target.",
    "Propose again when it has ended.",
  ),
  PARAMETER_UNKNOWN: refusal(
    "parameter unknown",
    "The deployment lists no such parameter.",
    "Add it to gate.parameters with its bounds.",
  ),
  PARAMETER_OUT_OF_BOUNDS: refusal(
    "parameter out of bounds",
    "The value is outside the bounds, or of another kind.",
    "Keep to the bounds of the deployment.",
  ),
  PARAMETER_NEEDS_BLOCK: refusal(
    "only while blocked",
    "A safety-relevant parameter may only be changed while the cell is blocked.",
    "Stop the cell first, then propose the change again.",
  ),
  EVIDENCE_MISSING: refusal(
    "no evidence of reasoning",
    "The deployment asks for evidence of reasoning and the proposal brings none.",
    "Send start of reasoning, probabilities and confidence trajectory.",
  ),
  EVIDENCE_INVALID: refusal(
    "evidence contradicts itself",
    "The evidence of reasoning cannot be true: a start in the future, probabilities without a sum.",
    "Correct the proposer.",
  ),
  LOOP_HALTED: refusal(
    "question halted",
    "The same question was asked ten times without an end, so it is refused until a person lifts the halt.",
    "Find out why the proposer is stuck, then lift it: `cellgate ack LOOP_HALT CALLER`, with the caller that status names.",
  ),
} as const satisfies CodeTable;

/** The judgement itself. A person may approve these where the deployment's stage allows it. */
export const JUDGED_CODES = {
  VERDICT_GREEN: refusal("green", "The action was judged safe enough to run.", "Nothing to do."),
  VERDICT_YELLOW: refusal(
    "yellow",
    "The action may run under watch, with tightened limits.",
    "Nothing to do; the watcher stops it if a limit is broken.",
  ),
  CONFIDENCE_LOW: refusal(
    "confidence too low",
    "The confidence score lies below the YELLOW threshold.",
    "`cellgate explain` shows which term cost how much; improve that one or approve.",
  ),
  TRIALS_TOO_FEW: refusal(
    "too few trials",
    "Fewer trials ended than a bound needs.",
    "Look at the trial latency; the machine may be overloaded.",
  ),
  TRIALS_LATE: refusal(
    "trials late",
    "The trials did not end within their budget.",
    "Look at the load of the machine, or shorten the action.",
  ),
  TRIALS_CRASHED: refusal(
    "trials crashed",
    "The thread that ran the trials died.",
    "Report it with the receipt; the action itself was not run.",
  ),
  TRIALS_OVERFLOW: refusal(
    "trial queue full",
    "No place was left in the queue of trials.",
    "Let proposers wait for answers.",
  ),
  TRIALS_MEMORY: refusal(
    "trials out of memory",
    "The trials needed more memory than their thread may use.",
    "Shorten the action; report it with the receipt.",
  ),
  TRIALS_REFUSED: refusal(
    "trials refused",
    "The trial thread refused its task.",
    "Report it with the receipt.",
  ),
  FAMILIARITY_UNKNOWN: refusal(
    "not yet familiar",
    "Too few actions of this verb at this target ended well to tell a strange one from a usual one.",
    "Nothing to do: it runs under watch at most, and each one that ends well is remembered. `cellgate explain` says how many are still missing.",
  ),
  UNFAMILIAR: refusal(
    "unfamiliar",
    "The action is unlike those that ended well before, beyond what chance explains.",
    "A person should look at it; approved ones become familiar.",
  ),
  SHIFT_DETECTED: refusal(
    "world has shifted",
    "The actions of late no longer look like those the gate was calibrated on.",
    "Find what changed in the cell; approve actions until the gate has calibrated again.",
  ),
  LOOP_DETECTED: refusal(
    "reasoning loops",
    "The same question was asked at least five times without an end.",
    "Look at what the proposer asks; approve, or let it halt.",
  ),
  WOUNDS_ESCALATED: refusal(
    "confidence keeps dropping",
    "The confidence of this proposer dropped ten times within the window.",
    "A person should look at it; an approval ends the escalation.",
  ),
  SANDBOX_UNSAFE: refusal(
    "sandbox found danger",
    "The whole plan ran in the embedded simulator and broke a limit.",
    "Change the plan; the detail names what broke.",
  ),
  SANDBOX_FAILED: refusal(
    "sandbox did not answer",
    "A high-risk plan must run in the simulator first, and that did not end.",
    "When the detail names the budget, split the plan or raise gate.sandbox.budgetMs; otherwise try again, and report it if it repeats.",
  ),
  SANDBOX_NO_MODEL: refusal(
    "no model of this robot",
    "A high-risk plan must run in the simulator first, and the deployment does not say enough of the arm for that.",
    "Add what the detail names. With kinematics.dh: robot.dynamics with source, links (massKg, centreM, inertiaKgM2) and linkRadiiM, one entry per joint, and maxEffortNm of each joint. With a URDF: <inertial> of each moving link, <collision> of boxes, cylinders or spheres (or robot.dynamics.linkRadiiM), <limit effort>. Until then a person may approve the plan.",
  ),
  TRIALS_UNSTABLE: refusal(
    "outcome unstable",
    "Small changes of load, speed and distance lead to very different outcomes of the action.",
    "Move more slowly or with more distance, so that the outcome no longer hangs on small changes.",
  ),
  HELPER_SILENT: refusal(
    "helper did not answer",
    "A deeper look at the action was wanted and did not end in time, or failed.",
    "Look at the load of the machine, or raise gate.helpers.budgetMs.",
  ),
  HELPER_WARNED: refusal(
    "helper found danger",
    "A deeper look at the action found it less safe than judged.",
    "Take one of the offered variants.",
  ),
} as const satisfies CodeTable;
