import type { CodeTable } from "./code.ts";

/** Codes that the ledger part of the node gives. */
export const LEDGER_CODES = {
  LEDGER_UNTRUSTED: {
    severity: "stop",
    title: "ledger does not verify",
    meaning:
      "At start the stored receipts did not pass their own check: rows are missing, altered or older than what was signed.",
    remedy:
      "Keep a copy of the data folder, run `cellgate ledger verify`, find out who touched the files, then acknowledge. The damaged part stays as it is and stays visible.",
    clears: "acknowledge",
    clearedBy: "acknowledge",
  },
  LEDGER_STATE_LOST: {
    severity: "hold",
    title: "kept state lost",
    meaning:
      "Something that the node keeps over a restart is missing, unreadable or contradicts the ledger: latched stops, the stage of the gate, what was promoted, or the ledger itself.",
    remedy:
      "See the source of the cause. Assume that a stop was latched and inspect the cell; switch the stage or promote again where that was lost; then acknowledge.",
    clears: "acknowledge",
    clearedBy: "acknowledge",
  },
  LEDGER_STATE_WRITE_FAILED: {
    severity: "hold",
    title: "latched state cannot be written",
    meaning: "A latched stop could not be written down, so a crash would forget it.",
    remedy: "Check the disk of the data folder: space, permissions, hardware errors.",
    clears: "condition",
    clearedBy: null,
  },
  LEDGER_WRITE_FAILED: {
    severity: "hold",
    title: "receipts cannot be stored",
    meaning:
      "Writing receipts to disk fails. They are kept in memory and written again; nothing is permitted meanwhile.",
    remedy:
      "Check the disk of the data folder: space, permissions, hardware errors. The node goes on by itself once writing works.",
    clears: "condition",
    clearedBy: null,
  },
  LEDGER_QUEUE_FULL: {
    severity: "hold",
    title: "too many receipts waiting",
    meaning: "More receipts wait for the disk than the node may hold; a receipt was refused.",
    remedy:
      "The disk is too slow or stuck. Check its health and load; a refused receipt is counted in `cellgate ledger stats`.",
    clears: "condition",
    clearedBy: null,
  },
  LEDGER_DISK_LOW: {
    severity: "warn",
    title: "disk space low",
    meaning: "Free space on the disk of the data folder is below ledger.diskLowBytes.",
    remedy: "Free space or export and remove old bags. Below ledger.diskStopBytes the cell is blocked.",
    clears: "condition",
    clearedBy: null,
  },
  LEDGER_DISK_STOP: {
    severity: "hold",
    title: "disk full",
    meaning:
      "Free space on the disk of the data folder is below ledger.diskStopBytes: soon no receipt could be stored.",
    remedy: "Free space. The block ends by itself, and motion still needs reset and resume.",
    clears: "condition",
    clearedBy: null,
  },
  LEDGER_SIZE_STOP: {
    severity: "hold",
    title: "ledger at its size limit",
    meaning: "The ledger takes ledger.maxBytes although bodies of all sealed shards have been dropped.",
    remedy: "Raise ledger.maxBytes, or archive the oldest shards to another medium.",
    clears: "condition",
    clearedBy: null,
  },
  LEDGER_CONFLICT: {
    severity: "hold",
    title: "two receipts with one name",
    meaning: "A receipt came with the id of a stored one but with other content. The stored one was kept.",
    remedy:
      "A second node writes to this data folder, or the folder was rolled back. Stop the node, run `cellgate ledger verify`.",
    clears: "restart",
    clearedBy: null,
  },
  LEDGER_RECEIPT_INVALID: {
    severity: "hold",
    title: "receipt refused by its schema",
    meaning:
      "The node made a receipt that its own schema refuses. It was not stored; a fault receipt says so.",
    remedy: "This is a fault of the software: keep the log and the bag, report it, restart the node.",
    clears: "restart",
    clearedBy: null,
  },
  LEDGER_UNAVAILABLE: {
    severity: "hold",
    title: "ledger cannot be opened",
    meaning:
      "The data folder or the ledger in it cannot be read, written or locked. The node stands blocked and keeps its receipts in memory only; it tries again, at most a minute apart, and begins again when the ledger opens.",
    remedy:
      "See the words of the cause: space, permissions, a disk that is read-only, a program that holds a file locked, files of a newer version. A kill would not survive a restart now.",
    clears: "restart",
    clearedBy: null,
  },
  LEDGER_WORKER_LOST: {
    severity: "hold",
    title: "ledger thread ended",
    meaning: "The thread that stores receipts ended unexpectedly; nothing can be stored any more.",
    remedy: "Restart the node; keep its log, it holds the cause.",
    clears: "restart",
    clearedBy: null,
  },
  LEDGER_ANCHOR_LATE: {
    severity: "warn",
    title: "ledger not anchored",
    meaning: "A sink outside this machine has not taken a checkpoint for longer than three anchor periods.",
    remedy:
      "Check the sink: is the folder mounted, the broker or witness reachable? `cellgate ledger anchor list` names it.",
    clears: "condition",
    clearedBy: null,
  },
  LEDGER_ANCHOR_CONFLICT: {
    severity: "hold",
    title: "anchor contradicts the ledger",
    meaning:
      "A checkpoint kept outside this machine does not fit the stored receipts: the ledger was rolled back, replaced or forked.",
    remedy:
      "Keep a copy of the data folder and of the anchor, run `cellgate ledger verify --from-anchor FILE`, then acknowledge.",
    clears: "acknowledge",
    clearedBy: "acknowledge",
  },
} as const satisfies CodeTable;
