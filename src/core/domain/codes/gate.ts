import type { CodeEntry, CodeTable } from "./code.ts";
import { HARD_CODES, JUDGED_CODES } from "./gate-judgement.ts";
import { refusal } from "./refusal.ts";
import { RETREAT_CODES } from "./retreat.ts";

const notice = (title: string, meaning: string, remedy: string): CodeEntry => ({
  ...refusal(title, meaning, remedy),
  severity: "warn",
});

/** A caller that the gate holds back until a person looked at it. The cell itself goes on. */
const heldBack = (title: string, meaning: string, remedy: string): CodeEntry => ({
  ...notice(title, meaning, remedy),
  clears: "acknowledge",
  clearedBy: "acknowledge",
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
  CHUNK_REPLACED: refusal(
    "stretch replaced",
    "The next stretch of the same stream took the place of this one; the detail says how much of it was run.",
    "Nothing to do.",
  ),
  ACTION_COMPLETED: refusal(
    "action completed",
    "The actuator reports the end of the action, or the arm stands at its goal.",
    "Nothing to do.",
  ),
  POST_ACTION_CROSSED: refusal(
    "limit crossed after an action",
    "When the action had ended, V_s, force or separation lay beyond the gate's limits; it is not learnt as familiar.",
    "Look at what the action led to before the next one; the rules of the cell go on guarding.",
  ),
  ACTION_ABORTED: refusal(
    "action aborted",
    "The actuator reports that it broke the action off.",
    "Look at the actuator's own log.",
  ),
  PLAN_BEGUN: refusal(
    "plan begun",
    "A plan was let through; its steps follow one another, each judged and permitted by itself.",
    "Nothing to do. Receipts of step n carry the plan's id, a tilde and n.",
  ),
  ACTION_OVERRAN: refusal(
    "action overran",
    "The action did not end in time and its permit was taken back.",
    "Check the actuator; the stated duration may be wrong.",
  ),
  PATH_LEFT: {
    severity: "stop",
    title: "arm left its permitted path",
    meaning:
      "While a permitted motion ran, the measured joints were farther off its path, or farther ahead of its times, than the deployment allows.",
    remedy: "Find out what moved the arm; make sure that nobody else commands it, then reset and resume.",
    clears: "acknowledge",
    clearedBy: "reset",
  },
  REST_OF_PATH_NEAR: {
    severity: "slow",
    title: "rest of a motion slowed",
    meaning:
      "While a permitted motion ran, somebody came so near to what is left of it that only slower motion keeps the distance.",
    remedy: "Nothing; full speed comes back when the way is clear.",
    clears: "condition",
    clearedBy: null,
  },
  REST_OF_PATH_REFUSED: {
    severity: "none",
    title: "rest of a motion refused",
    meaning:
      "While a permitted motion ran, somebody came so near to what is left of it that not even slow motion keeps the distance; the motion was broken off.",
    remedy: "Propose a motion from here when the way is clear.",
    clears: "condition",
    clearedBy: null,
  },
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
  APPROVAL_PARTIAL: refusal(
    "one more person needed",
    "A person said yes, and the deployment asks for more than one.",
    "Somebody else has to look and answer: `cellgate approvals list` says how many are missing.",
  ),
  APPROVAL_TWICE: refusal(
    "answered before",
    "This person, or the one in whose place they answer, has said yes already.",
    "Somebody else has to answer.",
  ),
  APPROVAL_ESCALATED: refusal(
    "escalated",
    "Nobody decided in time, so that further operators may answer.",
    "Those whom gate.approvals.escalation names look and answer.",
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
  STAGE_STATE_LOST: notice(
    "stage forgotten",
    "The file that holds the stage of the gate cannot be read. The gate starts in shadow: nothing is let through.",
    "Find out what damaged it, then go on with `cellgate stage advance`.",
  ),
  CONFIG_NOT_KEPT: {
    severity: "hold",
    title: "configuration cannot be kept",
    meaning:
      "What this start runs with could not be written beside the ledger, so its receipts could not be explained later.",
    remedy: "Check the disk of the data folder: space, permissions, hardware errors. Then start again.",
    clears: "condition",
    clearedBy: null,
  },
  STAGE_STATE_WRITE_FAILED: {
    severity: "hold",
    title: "stage cannot be written",
    meaning: "The stage of the gate could not be written down, so a restart would come up in the old one.",
    remedy:
      "Check the disk of the data folder: space, permissions, hardware errors. Then switch the stage again.",
    clears: "condition",
    clearedBy: null,
  },
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
  WOUNDS_MANY: heldBack(
    "wounds escalate",
    "The confidence of a proposer dropped ten times. Everything it proposes is RED.",
    "Look at the proposer. Approving one of its actions, or acknowledging this, lets it go on: `cellgate ack WOUNDS_MANY CALLER`.",
  ),
  LOOP_HALT: heldBack(
    "loop halted",
    "A proposer asked the same question ten times. That question is refused until somebody lets it go on.",
    "Find out why the proposer is stuck, then acknowledge: `cellgate ack LOOP_HALT CALLER`.",
  ),
} as const satisfies CodeTable;

/** Codes that the gate part of the node gives. */
export const GATE_CODES = {
  ...READING,
  ...HARD_CODES,
  ...JUDGED_CODES,
  ...RETREAT_CODES,
  ...COURSE,
  ...PEOPLE,
} as const satisfies CodeTable;
