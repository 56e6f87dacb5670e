import { cut } from "../base/text.ts";
import { CALLER_CHARS, type CellEvent, type OperatorAct, WORDS_CHARS } from "../domain/index.ts";

/** what a receipt has room for */
const PROGRAM_CHARS = 64;

/** An event before the door gave it its time and number. */
export type Unnumbered<T> = T extends CellEvent ? Omit<T, "t" | "seq"> : never;

const words = (text: string): string => cut(text, WORDS_CHARS);
/** Names keep their brand: they are the same name, in a form that can be stored. */
const named = <T extends string>(name: T): T => cut(name, CALLER_CHARS) as T;

/**
 * What may enter: text of the world is well-formed and bounded in characters, numbers are no −0. Everything
 * after the door may hash, sign and store what it is given. The same event comes out when nothing is wrong,
 * so that a tape that is played again gives what it gave.
 */
export function soundEvent(body: Unnumbered<CellEvent>): Unnumbered<CellEvent> {
  switch (body.kind) {
    case "fault":
      return { ...body, detail: words(body.detail) };
    case "health":
      return { ...body, part: named(body.part), detail: words(body.detail) };
    case "actuator":
      return {
        ...body,
        actionId: body.actionId === null ? null : named(body.actionId),
        detail: words(body.detail),
      };
    case "proposal":
      return soundProposal(body);
    case "operator": {
      const { by, requestId, reason, act } = body;
      return {
        ...body,
        act: soundAct(act),
        by: named(by),
        requestId: named(requestId),
        reason: words(reason),
      };
    }
    case "approval":
      return {
        ...body,
        actionId: named(body.actionId),
        by: named(body.by),
        argsHash: named(body.argsHash),
        configHash: named(body.configHash),
        modelHash: named(body.modelHash),
        reason: words(body.reason),
      };
    case "switch":
      return { ...body, by: named(body.by), reason: words(body.reason) };
    case "start":
      return {
        ...body,
        ledgerFault: body.ledgerFault === null ? null : words(body.ledgerFault),
        ...(body.program !== undefined && { program: cut(body.program, PROGRAM_CHARS) }),
      };
    default:
      return body;
  }
}

/** What is too deep to be walked is refused here; everything else is judged by the gate, which copies what it reads. */
function soundProposal(body: Extract<Unnumbered<CellEvent>, { kind: "proposal" }>): Unnumbered<CellEvent> {
  const via = { transport: named(body.via.transport), caller: named(body.via.caller) };
  return isShallow(body.raw, PROPOSAL_LEVELS)
    ? { ...body, via }
    : { ...body, via, raw: null, refused: body.refused ?? "PROPOSAL_TOO_LARGE" };
}
/** far above what the gate allows, far below what any stack holds */
const PROPOSAL_LEVELS = 64;

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (levels === 0) return false;
  for (const key in value) if (!isShallow((value as Record<string, unknown>)[key], levels - 1)) return false;
  return true;
}

const soundAct = (act: OperatorAct): OperatorAct =>
  act.name === "acknowledge" ? { ...act, source: named(act.source) } : act;
