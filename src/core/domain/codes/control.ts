import type { CodeEntry, CodeTable } from "./code.ts";

/** Answers to requests: nothing about the cell changes. */
const refusal = (title: string, meaning: string, remedy: string): CodeEntry => ({
  severity: "none",
  title,
  meaning,
  remedy,
  clears: "condition",
  clearedBy: null,
});

/** Codes that the control part of the node gives. */
export const CONTROL_CODES = {
  CONTROL_UNAUTHORISED: refusal(
    "token missing or wrong",
    "The request carries no bearer token, or one that belongs to no operator of this deployment.",
    "Use the token file of the operator in the node's data folder (operators/<name>.token).",
  ),
  CONTROL_RATE_LIMITED: refusal(
    "too many requests",
    "More requests per second came than control.maxRequestsPerSecond allows. The kill switch is never refused for this.",
    "Ask less often; use the event stream instead of polling.",
  ),
  CONTROL_BODY_TOO_LARGE: refusal(
    "request too large",
    "The body has more bytes than control.maxBodyBytes allows.",
    "Send less, or raise the limit in the deployment.",
  ),
  CONTROL_NOT_JSON: refusal(
    "not JSON",
    "The body is not JSON, is nested too deeply, or is not sent as application/json.",
    "Send one JSON object with content-type application/json.",
  ),
  CONTROL_BODY_INVALID: refusal(
    "request not understood",
    "The body lacks a field, has one too many, or one of the wrong kind.",
    "Correct the field that is named.",
  ),
  CONTROL_NOT_FOUND: refusal(
    "no such address",
    "There is nothing at this path or with this method.",
    "The addresses are listed in src/README.md.",
  ),
  CONTROL_HOST_REFUSED: refusal(
    "foreign host name",
    "The request was addressed to another name than this machine's own loopback: a web page may be behind it.",
    "Address 127.0.0.1 or localhost directly.",
  ),
  CONTROL_TOO_MANY_LISTENERS: refusal(
    "too many listeners",
    "The event stream has as many listeners as it can serve.",
    "Close one.",
  ),
  CONTROL_TOKENS_LOST: {
    severity: "hold",
    title: "operators' tokens set aside",
    meaning:
      "The file of token hashes was damaged, readable by others or of another user. It was set aside and nobody's old token counts any more; new tokens were made.",
    remedy:
      "Find out who touched the data folder, hand the new tokens (operators/<name>.token) to their owners, then acknowledge.",
    clears: "acknowledge",
    clearedBy: "acknowledge",
  },
  CONTROL_FILES_FAILED: {
    severity: "warn",
    title: "files of the control endpoint cannot be written",
    meaning: "The address of the node or the token of an operator could not be written into the data folder.",
    remedy: "Check the disk of the data folder: space, permissions, read-only. Then restart the node.",
    clears: "restart",
    clearedBy: null,
  },
  CONTROL_UNAVAILABLE: {
    severity: "hold",
    title: "nobody can reach the node",
    meaning:
      "The endpoint through which people act cannot be opened; it is tried again, at most a minute apart.",
    remedy: "See the words of the cause: open files, memory, the loopback network.",
    clears: "condition",
    clearedBy: null,
  },
  PAGE_UNAVAILABLE: {
    severity: "warn",
    title: "page is not there",
    meaning:
      "The thread of the page could not start, has ended, or its port is taken. The cell does not need it; it is begun again, at most a minute apart.",
    remedy:
      "Another node or program may have the port: stop it, or choose another with --port. The commands of this machine work without the page.",
    clears: "condition",
    clearedBy: null,
  },
  CONTROL_TOKEN_GUESSING: {
    severity: "warn",
    title: "wrong tokens in a row",
    meaning:
      "Many requests with wrong tokens reached the control endpoint within a minute: somebody may be guessing.",
    remedy: "Find the program on this machine that asks; make new tokens when in doubt.",
    clears: "condition",
    clearedBy: null,
  },
} as const satisfies CodeTable;
