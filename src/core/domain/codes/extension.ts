import type { CodeEntry, CodeTable } from "./code.ts";

/** What an extension did wrong can no longer be told from what it says: the cell stays stopped until a new start. */
const untilRestart = (title: string, meaning: string, remedy: string): CodeEntry => ({
  severity: "stop",
  title,
  meaning,
  remedy,
  clears: "restart",
  clearedBy: "reset",
});
const refusedAtStart = (title: string, meaning: string, remedy: string): CodeEntry => ({
  severity: "none",
  title,
  meaning,
  remedy,
  clears: "condition",
  clearedBy: null,
});

/** Codes about extensions: modules that a deployment names and that are no part of cellgate. */
export const EXTENSION_CODES = {
  EXTENSION_UNREADABLE: refusedAtStart(
    "extension not found",
    "The module that the deployment names under `extensions` is not there or cannot be read.",
    "Install the package beside the deployment, or correct the path; it is relative to the deployment file.",
  ),
  EXTENSION_HASH: refusedAtStart(
    "extension is another one",
    "The bytes of the module are not the ones that the deployment was approved with.",
    "Put the approved module back, or have the new one reviewed and write its sha256 into the deployment.",
  ),
  EXTENSION_INVALID: refusedAtStart(
    "extension does not fit",
    "The module does not export what an extension consists of, or its settings in the deployment are wrong.",
    "Correct what the message names; `defineExtension` of cellgate/extension gives the types.",
  ),
  EXTENSION_DUPLICATE: refusedAtStart(
    "extension names something twice",
    "A code, rule, kind, device or feature of the extension has a name that is already taken.",
    "Rename what the message names.",
  ),
  EXTENSION_THREW: untilRestart(
    "extension failed",
    "A part of an extension threw an error. It is not asked any more, so the cell may not move.",
    "Report the text of this cause to the extension's author. Remove or replace the extension and restart.",
  ),
  EXTENSION_FOREIGN_CAUSE: untilRestart(
    "extension reached beyond its own causes",
    "A part of an extension tried to raise or clear a cause, or to do an act, that is not its own. Nothing of it was done.",
    "Report the text of this cause to the extension's author. Remove or replace the extension and restart.",
  ),
  EXTENSION_NOT_FINITE: untilRestart(
    "extension gave no number",
    "A part of an extension answered with something that is not a finite number.",
    "Report the text of this cause to the extension's author. Remove or replace the extension and restart.",
  ),
  EXTENSION_SLOW: untilRestart(
    "extension blocks for too long",
    "A part of an extension kept the node from working for longer than a third of self.maxLoopLagMs.",
    "Report the text of this cause to the extension's author. Remove or replace the extension and restart.",
  ),
  EXTENSION_ADAPTER_REFUSED: refusedAtStart(
    "adapter made no action of the proposal",
    "The proposer adapter of an extension threw or did not answer with plain JSON, so there is nothing to judge.",
    "Correct the proposal or the adapter.",
  ),
} as const satisfies CodeTable;
