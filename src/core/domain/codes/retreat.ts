import type { CodeTable } from "./code.ts";
import { refusal } from "./refusal.ts";

/** Motion out of a block: why it was refused, and how it ended. Nobody can approve a refusal away. */
export const RETREAT_CODES = {
  RETREAT_NOT_CONFIGURED: refusal(
    "no retreat configured",
    "This cell allows no motion while it is blocked.",
    "Free the arm by hand or at the pendant, or describe the retreat in gate.retreat of the deployment.",
  ),
  RETREAT_NOT_BLOCKED: refusal(
    "nothing to retreat from",
    "A retreat is a motion out of a stop or a hold, and the cell is in neither.",
    "Propose the same motion without the mark `retreat`; it is judged like every other.",
  ),
  RETREAT_CAUSE: refusal(
    "blocked for more than nearness",
    "At least one cause of the block is not among those that the deployment lets the arm back away from.",
    "Remove the cause that the detail names first; an e-stop, a fault or a silent sensor is never moved through.",
  ),
  RETREAT_MOVING: refusal(
    "arm not at rest",
    "A retreat begins only from a measured standstill.",
    "Wait until status shows the stop as confirmed.",
  ),
  RETREAT_VERB: refusal(
    "not a trajectory",
    "Only a trajectory says beforehand where every part of the arm will be.",
    "Propose the retreat as a joint trajectory.",
  ),
  RETREAT_BLIND: refusal(
    "direction of a person unknown",
    "A channel that watches for people is missing, or sees somebody near without saying in which direction.",
    "Bring the channel back, or let a scan channel locate people and leave the other one out of gate.person.channels.",
  ),
  RETREAT_TOWARDS: refusal(
    "comes nearer to somebody",
    "A part of the arm would come nearer to somebody, or could, as exactly as the person's place is known.",
    "Choose a way on which every part moves away; the detail names the moment and the place.",
  ),
  RETREAT_NO_GAIN: refusal(
    "gains no distance",
    "After the motion the arm would not be farther from the nearest person by the configured gain.",
    "Move farther, or leave the arm where it is.",
  ),
  RETREAT_TOO_FAST: refusal(
    "retreat too fast",
    "A part of the arm would move faster than a retreat may.",
    "Give the points more time.",
  ),
  RETREAT_TOO_LONG: refusal(
    "retreat too long",
    "The motion takes longer than a retreat may.",
    "Split it; each part is judged on fresh readings.",
  ),
  RETREAT_NEEDS_PERSON: refusal(
    "needs a person to say yes",
    "The deployment wants a person to look before the arm moves out of a block.",
    "Approve or deny it with `cellgate approvals`.",
  ),
  RETREAT_BREACH: {
    severity: "stop",
    title: "retreat broken off",
    meaning: "While the arm backed away somebody came nearer, was lost from sight, or the arm left its way.",
    remedy: "Look at the receipt, make sure the cell is clear, then reset and resume.",
    clears: "acknowledge",
    clearedBy: "reset",
  },
  RETREAT_ENDED: {
    severity: "none",
    title: "retreat ended",
    meaning: "The arm has backed away and is blocked again.",
    remedy: "When the space is free, reset and resume.",
    clears: "condition",
    clearedBy: null,
  },
} as const satisfies CodeTable;
