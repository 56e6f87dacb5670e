import type { Code } from "../../domain/index.ts";
import { blockReceipt } from "./conclude.ts";
import type { Desk } from "./desk.ts";
import type { OpenAction } from "./open-action.ts";
import { requestTerms } from "./terms.ts";

/** An action that never got a verdict ends with a block that nobody can lift. */
export function voidUnjudged(action: OpenAction, code: Code, reason: string, desk: Desk): void {
  desk.close(action);
  desk.count("void");
  action.decision = { verdict: "RED", code, reason, hard: true };
  desk.receipt(blockReceipt(action, false, { ...requestTerms(action, desk), hard: true }, desk));
  desk.answer(action.id, action.via, "RED", code, reason);
}
