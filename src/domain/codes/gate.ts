import type { CodeEntry, CodeTable } from "./code.ts";

/** A reason for which one action is refused; the cell itself stays as it is. */
const refusal = (title: string, meaning: string, remedy: string): CodeEntry => ({
  severity: "none",
  title,
  meaning,
  remedy,
  clears: "condition",
  clearedBy: null,
});
const notice = (title: string, meaning: string, remedy: string): CodeEntry => ({
  ...refusal(title, meaning, remedy),
  severity: "warn",
});

/** What came could not be read as a proposal. */
const READING = {
  PROPOSAL_TOO_LARGE: refusal(
    "proposal too large",
    "The proposal has more bytes, members or levels than the node reads.",
    "Send fewer points, or split the action.",
  ),
  PROPOSAL_NOT_JSON: refusal(
    "proposal is not JSON",
    "The bytes of the proposal could not be read as JSON.",
    "Check the encoding that the proposer uses; `cellgate propose --schema` prints the format.",
  ),
  PROPOSAL_QUEUE_FULL: refusal(
    "too many proposals waiting",
    "The door had no place left for another proposal.",
    "Let the proposer wait for an answer before it asks again.",
  ),
  PROPOSAL_MALFORMED: refusal(
    "proposal malformed",
    "The proposal lacks a member, has one too many, or one of a wrong kind.",
    "Compare it with the printed schema; the detail names the first wrong member.",
  ),
  PROPOSAL_NUMBER_INVALID: refusal(
    "number invalid",
    "A number of the proposal is NaN, infinite or minus zero in disguise.",
    "Find the division or sensor that made it; it is never taken as 0.",
  ),
  PROPOSAL_ID_REPEATED: refusal(
    "action id repeated",
    "An action with this id was already proposed in this run.",
    "Give every proposal an id of its own.",
  ),
  PROPOSER_UNKNOWN: refusal(
    "proposer unknown",
    "The deployment lists who may propose, and this caller or name is not among them.",
    "Add the proposer and its callers to gate.proposers, or find out who this is.",
  ),
  PROPOSER_BUSY: refusal(
    "too many open actions",
    "This proposer already has as many open actions as one proposer may have.",
    "Wait until one of them has ended.",
  ),
  PROPOSER_TOO_FAST: refusal(
    "proposals too fast",
    "This proposer sends more proposals in a second than one proposer may.",
    "Slow the proposer down; others are not affected.",
  ),
  GATE_FULL: refusal(
    "gate full",
    "The gate holds as many open actions as it can.",
    "Wait, or ask which proposer floods the cell.",
  ),
  NAME_INVALID: refusal(
    "name unreadable",
    "A name has letters outside plain ASCII, two slashes in a row, a slash at its end, or a wrong form.",
    "Write names as ROS does; look-alike letters are refused on purpose.",
  ),
  TARGET_UNKNOWN: refusal(
    "target unknown",
    "After resolution no target of the deployment has this name.",
    "Check namespace and remaps; add the target to gate.targets if it is meant.",
  ),
  VERB_NOT_ALLOWED: refusal(
    "verb not allowed",
    "The target exists, but nothing of this kind may be asked of it.",
    "Add the verb to the target's list if it is meant.",
  ),
} as const satisfies CodeTable;

/** The action may not run now, or never. Nobody can approve these away. */
const HARD = {
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
  JOINT_ACCELERATION_EXCEEDED: refusal(
    "joint accelerates too hard",
    "A joint would accelerate harder than its limit.",
    "Smooth the path or give it more time.",
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
    "The same question was asked so often that it is halted for this run.",
    "Find out why the proposer is stuck; the node forgets the question only with a restart.",
  ),
} as const satisfies CodeTable;

/** The judgement itself. A person may approve these where the deployment's stage allows it. */
const JUDGED = {
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
    "Try again; report it if it repeats.",
  ),
  HELPER_WARNED: refusal(
    "helper found danger",
    "A deeper look at the action found it less safe than judged.",
    "Take one of the offered variants.",
  ),
} as const satisfies CodeTable;

/** From the verdict to the end of an action. */
const COURSE = {
  RECEIPT_NOT_STORED: refusal(
    "receipt not stored",
    "The receipt of the verdict could not be stored, so no permit was released.",
    "Check the ledger's disk.",
  ),
  SNAPSHOT_AGED: refusal(
    "readings too old",
    "Between judgement and release the readings became too old; the action is judged again.",
    "Nothing to do, unless it repeats: then the machine is overloaded.",
  ),
  ACTION_VOID: refusal(
    "action void",
    "The cell stopped, so everything that was proposed before is void.",
    "Propose again after the cell was resumed.",
  ),
  PERMIT_RELEASED: refusal(
    "permit released",
    "The actuator has leave to run the action once.",
    "Nothing to do.",
  ),
  PERMIT_EXPIRED: refusal(
    "permit expired",
    "The actuator did not begin in time.",
    "Propose again; check the link to the actuator.",
  ),
  ACTION_COMPLETED: refusal(
    "action completed",
    "The actuator reports the end of the action.",
    "Nothing to do.",
  ),
  ACTION_ABORTED: refusal(
    "action aborted",
    "The actuator reports that it broke the action off.",
    "Look at the actuator's own log.",
  ),
  ACTION_OVERRAN: refusal(
    "action overran",
    "The action did not end in time and its permit was taken back.",
    "Check the actuator; the stated duration may be wrong.",
  ),
  WATCHER_BREACH: {
    severity: "hold",
    title: "watched action broke a limit",
    meaning: "An action that ran under watch broke one of its tightened limits; its permit was taken back.",
    remedy: "Look at the watcher's receipt, make sure the cell is clear, then acknowledge.",
    clears: "acknowledge",
    clearedBy: "acknowledge",
  },
  HELPERS_ABORTED: {
    severity: "stop",
    title: "cap on helpers reached",
    meaning: "More helpers were asked for in this run than the safety valve lets through.",
    remedy: "Find the proposer whose confidence keeps dropping; restart the node afterwards.",
    clears: "restart",
    clearedBy: null,
  },
} as const satisfies CodeTable;

/** Answers of people, stages and stoprules. */
const PEOPLE = {
  APPROVAL_GRANTED: refusal(
    "approved",
    "A person approved the action; it is checked again and runs under watch.",
    "Nothing to do.",
  ),
  APPROVAL_DENIED: refusal("denied", "A person denied the action.", "Nothing to do."),
  APPROVAL_UNKNOWN: refusal(
    "nothing to approve",
    "No action with this id waits for an answer.",
    "List what waits with `cellgate approvals list`.",
  ),
  APPROVAL_ROLE: refusal(
    "may not approve",
    "This person does not have the role `approve`.",
    "Ask somebody who has.",
  ),
  APPROVAL_SELF: refusal("own action", "Who proposes an action may not approve it.", "Ask somebody else."),
  APPROVAL_SIGNATURE: refusal(
    "signature missing or wrong",
    "The deployment asks for signed approvals, or the signature does not fit.",
    "Sign with the operator's key: `cellgate approvals approve --key FILE`.",
  ),
  APPROVAL_CHANGED: refusal(
    "something changed",
    "Arguments, configuration or model are not those that the person saw; the request is void.",
    "Propose again.",
  ),
  APPROVAL_EXPIRED: refusal(
    "nobody answered",
    "No answer came in time, which counts as no.",
    "Propose again when somebody is there.",
  ),
  APPROVAL_WORSE: refusal(
    "worse than approved",
    "Checked again after the approval, the action was clearly less safe than when it was shown.",
    "Propose again.",
  ),
  APPROVALS_FULL: refusal(
    "too many waiting",
    "As many actions wait for a person as may wait.",
    "Answer those first.",
  ),
  STAGE_SWITCHED: refusal(
    "stage switched",
    "The deployment stage of the gate was changed by a person.",
    "Nothing to do.",
  ),
  STAGE_REFUSED: refusal(
    "stage not switched",
    "The evidence does not carry the next stage, the step is too large, or the person may not.",
    "`cellgate stage show` lists what is missing.",
  ),
  GATE_SLOW: notice(
    "gate slow",
    "From proposal to verdict took longer than the promised time.",
    "Look at the machine's load.",
  ),
  TRIALS_SLOW: notice(
    "trials slow",
    "The trials took longer than the promised time.",
    "Look at the machine's load.",
  ),
  WOUNDS_MANY: notice(
    "wounds escalate",
    "The confidence of a proposer dropped ten times.",
    "Look at the proposer.",
  ),
  LOOP_HALT: notice(
    "loop halted",
    "A question was repeated ten times and is halted.",
    "Look at the proposer.",
  ),
} as const satisfies CodeTable;

/** Codes that the gate part of the node gives. */
export const GATE_CODES = {
  ...READING,
  ...HARD,
  ...JUDGED,
  ...COURSE,
  ...PEOPLE,
} as const satisfies CodeTable;
