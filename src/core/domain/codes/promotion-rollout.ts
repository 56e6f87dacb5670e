import type { CodeTable } from "./code.ts";
import { refusal } from "./refusal.ts";

/** Codes of rollouts over a fleet and of the orders that cells accept. */
export const ROLLOUT_CODES = {
  ROLLOUT_STARTED: refusal("rollout started", "The first cell was told to change.", "Nothing to do."),
  ROLLOUT_ADVANCED: refusal(
    "next stage",
    "The stage proved what it had to prove; more cells were told to change.",
    "Nothing to do.",
  ),
  ROLLOUT_DONE: refusal("rollout finished", "Every cell of the plan has changed.", "Nothing to do."),
  ROLLOUT_INSUFFICIENT: refusal(
    "too little evidence",
    "There are too few decisions, too few cells have answered, or the stage has not lasted long enough. Neither a pass nor a failure.",
    "Wait, or look at cells that are offline: `cellgate rollout status`.",
  ),
  ROLLOUT_NO_BASELINE: refusal(
    "no comparison",
    "The cells that keep the old state have reported too little to compare with.",
    "Give the plan more baseline cells or wait.",
  ),
  ROLLOUT_SILENT: refusal(
    "changed cells fell silent",
    "Cells that had changed have not been heard for three minutes. Nobody knows how they fare: neither a pass nor a failure.",
    "Look at the cells that `cellgate rollout status` lists; abort if they do not come back.",
  ),
  ROLLOUT_STATE_DIFFERS: refusal(
    "a cell holds something else than the plan says",
    "A cell holds neither `change.previous` nor what the rollout brings. The rollout pauses: going back would lead it somewhere it never was.",
    "`cellgate rollout status` lists them. Abort, and make a plan whose `previous` is what they hold, or leave them out.",
  ),
  ROLLOUT_OTHER_CENTRE: refusal(
    "another centre gives orders to this fleet",
    "An order that this centre has not given was signed with the fleet's key. Two centres would take each other's cells back and forth.",
    "End one of the two rollouts (`cellgate rollout abort` where its centre runs), then `cellgate rollout advance` the other.",
  ),
  ROLLOUT_PAUSED: refusal(
    "waits for an audit",
    "The stage succeeded; a person looks at it before it goes on.",
    "`cellgate rollout advance` after the audit.",
  ),
  ROLLOUT_ABORT_FAILURES: refusal(
    "aborted: failures",
    "Decisions or cells fail more often than the plan allows; this is certain enough at any time of looking.",
    "All touched cells went back. Read the report, make a new plan.",
  ),
  ROLLOUT_ABORT_WORSE: refusal(
    "aborted: worse than the baseline cells",
    "The changed cells are clearly worse than cells that ran beside them without the change.",
    "All touched cells went back. Read the report, make a new plan.",
  ),
  ROLLOUT_ABORT_GROWTH: refusal(
    "aborted: costs grow with scale",
    "An item of this stage costs many times what one cost in the stages before: the work does not scale linearly.",
    "Find what grows (time, memory, files) before going on; make a new plan.",
  ),
  ROLLOUT_SAFEGUARD_IDLE: refusal(
    "a safeguard did not work",
    "All items were done, but a cap, a verification or the look for the kill file did not happen as often as it should.",
    "Do not go on: this is a fault of the program. Keep the output and report it.",
  ),
  ROLLOUT_ABORT_BY_PERSON: refusal(
    "aborted by a person",
    "A person aborted the rollout; all touched cells go back.",
    "A new plan is needed to try again.",
  ),
  ROLLOUT_KILLED: refusal(
    "rollout killed",
    "The kill switch of the fleet is on: every cell stops taking orders and blocks.",
    "A person releases it with a new, signed state after the cause is known.",
  ),
  CAP_GENERATIONS: refusal(
    "cap: generations",
    "An automation was started by an automation that itself was started by one. MAX_GENERATIONS allows one generation.",
    "Start it from a person's command.",
  ),
  CAP_ITEMS_PER_RUN: refusal(
    "cap: items per run",
    "One run wanted to touch more items than MAX_ITEMS_PER_RUN. It was aborted and stays so.",
    "Split the work; the cap is not for the automation to raise.",
  ),
  CAP_ITEMS_PER_DAY: refusal(
    "cap: items per day",
    "More items than a day allows. The automation was aborted and stays so.",
    "Go on tomorrow with a new plan.",
  ),
  CAP_TOTAL: refusal(
    "cap: total",
    "The automation reached MAX_TOTAL_BEFORE_ABORT items. It was aborted and stays so.",
    "Find out why so many items were needed; plan the rest again.",
  ),
  CAP_RAISED: refusal(
    "a cap was to be raised",
    "The plan states a cap above the built-in one. Automation may lower its caps, never raise them.",
    "Remove the cap from the plan or lower it.",
  ),
  ROLLOUT_PLAN_INVALID: refusal(
    "plan refused",
    "The plan skips a stage, names a cell twice, or asks for more than its evidence can prove.",
    "Stages go 1 → 10 → 100 → all; correct the plan.",
  ),
  ROLLOUT_UNAUDITED: refusal(
    "not audited",
    "No passed pre-scale audit belongs to this plan.",
    "Run `cellgate audit <plan>` and close its findings.",
  ),
  ORDER_ACCEPTED: refusal("order accepted", "The cell carries out a signed order.", "Nothing to do."),
  ORDER_SIGNATURE: refusal(
    "order not signed by the fleet's key",
    "The signature of an order does not hold. It was ignored.",
    "Check who publishes on the fleet's topics.",
  ),
  ORDER_REPLAYED: refusal(
    "order seen before",
    "The sequence number of an order is not above the last one. It was ignored.",
    "Nothing to do for one repeated by the broker; otherwise check who publishes.",
  ),
  ORDER_EXPIRED: refusal(
    "order too old",
    "An order came after its expiry, or its lifetime is longer than allowed. It was ignored.",
    "Check the cell's clock and the network; the centre sends it again.",
  ),
  ORDER_NOT_FOR_US: refusal(
    "order for other cells",
    "The order's target set does not contain this cell.",
    "Nothing to do.",
  ),
  ORDER_KILL_UNKNOWN: refusal(
    "kill state not known yet",
    "After a start or reconnect the cell has not yet heard the retained kill state. Until then it takes no order.",
    "Check the connection to the broker and that the kill state is retained there.",
  ),
  ORDER_ALREADY: refusal(
    "order changes nothing",
    "The cell already holds what the order asks for.",
    "Nothing to do.",
  ),
  ORDER_STATE_DIFFERS: refusal(
    "order is meant for another state",
    "The order says what it changes from, and this cell holds something else. It was not carried out.",
    "Make a plan whose `previous` is what the cell holds; `cellgate rollout status` shows it.",
  ),
  ORDER_AHEAD: refusal(
    "order dated in the future",
    "An order says that it was made later than this cell's clock shows by more than a minute. It was not carried out: it could be used much later.",
    "Set the clocks of centre and cell (NTP); the centre sends the order again.",
  ),
  ORDER_NOT_KEPT: refusal(
    "order could not be noted",
    "The cell could not write down which order it takes (is its disk full?), so it did not carry it out. Kill and going back hold all the same.",
    "Make room in the cell's data folder; the centre sends the order again.",
  ),
  FLEET_STATE_UNREADABLE: refusal(
    "what the cell knew of its fleet cannot be read",
    "`fleet/agent.json` in the cell's data folder is damaged. The cell counts as killed and takes no order.",
    "Look why it is damaged; then, with the node stopped, `cellgate rollout rearm`, and `cellgate kill --release` at the cell.",
  ),
  FLEET_NAME_TAKEN: refusal(
    "another node seems to have this cell's name",
    "The fleet's broker ended this cell's connection several times right after it was made, as it does when another client has the same name. Neither of the two is heard for long.",
    "Give each cell of a fleet its own `fleet.cell`; otherwise read the broker's log.",
  ),
  REPORT_SIGNATURE: refusal(
    "reports with another key than the plan's",
    "What comes in this cell's name is not signed with the key that the plan states for it, so it counts for nothing.",
    "Compare the public key that the cell prints at its start with `fleet.cells` of the plan; two nodes may have one name.",
  ),
  REPORT_MALFORMED: refusal(
    "unreadable reports",
    "What comes in this cell's name is no report of this version, or claims more decisions than any cell can make. It counts for nothing.",
    "Bring cell and centre to the same version; check who publishes on the fleet's topics.",
  ),
  REPORT_FLOOD: refusal(
    "too many reports",
    "More reports come in this cell's name than it can send. What is above the limit counts for nothing.",
    "Check who publishes on the fleet's topics.",
  ),
  ORDER_WAITS: refusal(
    "order waits for a blocked cell",
    "What an order changes is loaded at a start, and the cell may move now. It is taken once the cell is blocked.",
    "Nothing to do; or stop the cell when it suits (`cellgate kill` there), then release, reset and resume it.",
  ),
  ORDER_WAITS_EVIDENCE: refusal(
    "order waits for this cell's own evidence",
    "An order leads to the next stage of the gate, and what this cell has shown at its present stage does not carry it yet. It is asked for the same evidence as a person there.",
    "Nothing to do; `cellgate stage show` at the cell says what is missing.",
  ),
  ORDER_NOT_ALLOWED: refusal(
    "order goes beyond what the cell allows",
    "The cell's own deployment does not accept this kind of change, or not so far (fleet.accepts, fleet.mayChange, fleet.maxStage).",
    "A person changes the cell's deployment, or the plan is corrected.",
  ),
  ORDER_MALFORMED: refusal(
    "order unreadable",
    "A message on the fleet's topics is no order of this version.",
    "Check who publishes on the fleet's topics.",
  ),
  ORDER_FLOOD: refusal(
    "too many orders",
    "More orders come in a second than any centre gives. What is above the limit is not looked at; a kill always is.",
    "Check who publishes on the fleet's topics.",
  ),
  ORDER_APPLY_FAILED: refusal(
    "order could not be carried out",
    "The artefact was missing, did not have its hash or did not start; the cell kept the old one.",
    "Read the cell's log; bring the artefact to the cell.",
  ),
} as const satisfies CodeTable;
