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
  TAPE_OLDEST_GONE: {
    severity: "warn",
    title: "oldest part of the tape is gone",
    meaning:
      "The recording reached its cap: its oldest file was deleted, and so is each further one. It goes on.",
    remedy: "Copy the files away while they are there, or record for a shorter time.",
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
} as const satisfies CodeTable;
