import type { CodeTable } from "./code.ts";

/** Codes that the bag part of the node gives. */
export const BAG_CODES = {
  TAPE_DROPPED: {
    severity: "warn",
    title: "tape has a gap",
    meaning:
      "The disk did not take the recording fast enough; events of this run are missing on the tape. Receipts are not touched by it.",
    remedy: "Check the disk's load; replays of this tape end at the gap.",
    clears: "condition",
    clearedBy: null,
  },
  TAPE_FAILED: {
    severity: "warn",
    title: "tape cannot be written",
    meaning: "Writing the recording failed; the run goes on without a tape.",
    remedy: "Check free space and rights of the tape's folder, then restart the node.",
    clears: "condition",
    clearedBy: null,
  },
  TAPE_FULL: {
    severity: "warn",
    title: "tape is full",
    meaning: "The recording reached its size and stopped; the run goes on without a tape.",
    remedy: "Record in segments, or raise the size.",
    clears: "condition",
    clearedBy: null,
  },
  BLACK_BOX_FAILED: {
    severity: "warn",
    title: "black box cannot be written",
    meaning: "A block happened whose surroundings could not be written to a file.",
    remedy: "Check free space and rights of the black box's folder.",
    clears: "condition",
    clearedBy: null,
  },
  BAG_DAMAGED: {
    severity: "warn",
    title: "bag is damaged",
    meaning: "Parts of a recording were lost; everything whole was used, the losses are listed.",
    remedy: "See the list of losses; `cellgate recover` writes a clean file of what is left.",
    clears: "condition",
    clearedBy: null,
  },
  BAG_UNREADABLE_SAMPLE: {
    severity: "warn",
    title: "message cannot be read",
    meaning:
      "A recorded message does not fit the type that its topic declares; the sample counts as missing.",
    remedy: "Check which driver wrote the bag and whether its message definitions match.",
    clears: "condition",
    clearedBy: null,
  },
  REPLAY_DIFFERS: {
    severity: "warn",
    title: "replay differs from the tape",
    meaning: "Events made again from the tape do not continue its numbering: events are missing on the tape.",
    remedy: "Results up to the gap are exact; look for tape gaps in the run's health.",
    clears: "condition",
    clearedBy: null,
  },
} as const satisfies CodeTable;
