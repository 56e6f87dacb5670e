import type { CodeTable } from "./code.ts";

/** Codes that the risk part of the node gives. */
export const RISK_CODES = {
  HEAD_UNREADABLE: {
    severity: "warn",
    title: "risk head unreadable",
    meaning:
      "The file of the risk head is no complete artefact: damaged, truncated, of another version, or with numbers that no head may have.",
    remedy:
      "Fetch or train the head again and check it with `cellgate head verify`. The node stays on the last good head.",
    clears: "condition",
    clearedBy: null,
  },
  HEAD_HASH_MISMATCH: {
    severity: "warn",
    title: "risk head was changed",
    meaning:
      "The content of the risk head does not give the hash that it carries. Somebody or something altered it after training.",
    remedy:
      "Do not use it. Restore the original file and look for who changed it. The node stays on the last good head.",
    clears: "condition",
    clearedBy: null,
  },
  HEAD_FEATURES_FOREIGN: {
    severity: "warn",
    title: "risk head reads other features",
    meaning:
      "The risk head was trained on features that this node does not make, or makes with another unit, group or direction.",
    remedy:
      "Train the head with this version of the node, or give the cell the channels that the head needs (`cellgate features list`).",
    clears: "condition",
    clearedBy: null,
  },
  VS_UNKNOWN: {
    severity: "warn",
    title: "V_s unknown",
    meaning:
      "The learned risk energy cannot be trusted now: too many of the features that it rests on are missing, or one of them is not a number.",
    remedy: "Look at the sources that are stale or faulty. Until they are back, every proposal is RED.",
    clears: "condition",
    clearedBy: null,
  },
  VS_ALARM: {
    severity: "warn",
    title: "V_s above its alarm threshold",
    meaning: "The learned risk energy says that a risk event is likely within its horizon.",
    remedy:
      "Look at the features that contribute most. The hard rules act on their own; this is an early warning.",
    clears: "condition",
    clearedBy: null,
  },
  VS_SHIFT: {
    severity: "warn",
    title: "the cell has left what the head knows",
    meaning:
      "The scores of ordinary operation no longer look like those that the risk head was calibrated on.",
    remedy:
      "Find out what changed (tool, task, sensor, speed). Record the new operation and calibrate or train again.",
    clears: "acknowledge",
    clearedBy: "acknowledge",
  },
  VS_CONSTANT: {
    severity: "warn",
    title: "V_s has stopped moving",
    meaning:
      "The learned risk energy stays the same while the features that it is made of move: the head has collapsed or is fed with nothing that it understands.",
    remedy: "Check the head with `cellgate evaluate` on a recent recording; go back to the last good head.",
    clears: "condition",
    clearedBy: null,
  },
  VS_MISSED_EVENT: {
    severity: "warn",
    title: "an event came without warning",
    meaning:
      "A contact, an emergency or protective stop, a lost part or a failed action came although the learned risk energy had not crossed its threshold before.",
    remedy:
      "Keep the recording of the event and train with it. Where the head was trained on such events, adaptive inference has lowered its alarm threshold.",
    clears: "acknowledge",
    clearedBy: "acknowledge",
  },
  VS_FALSE_ALARMS: {
    severity: "warn",
    title: "too many warnings without an event",
    meaning:
      "The learned risk energy raised more alarms that nothing followed than it was calibrated to raise.",
    remedy: "Record ordinary operation of this cell and calibrate the head with it.",
    clears: "condition",
    clearedBy: null,
  },
  VS_BATTERY_OVERFIT: {
    severity: "warn",
    title: "good in the battery, bad in the field",
    meaning:
      "The share of events without warning in this cell is, beyond chance, larger than in the battery of scenarios on which the head was accepted.",
    remedy: "Do not promote this head further. Add the field's events to training and draw a new battery.",
    clears: "acknowledge",
    clearedBy: "acknowledge",
  },
} as const satisfies CodeTable;
