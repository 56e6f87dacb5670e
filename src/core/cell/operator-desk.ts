import {
  type Code,
  type EntryOf,
  type OperatorEvent,
  REQUESTS_REMEMBERED,
  type Role,
} from "../domain/index.ts";

/** What the desk may do to the cell once it has judged a request. */
export interface DeskPowers {
  readonly entryOf: EntryOf;
  /** a cause that a person latched or that is latched now */
  anyLatched(): boolean;
  /** clears latched causes whose condition has ended; the code of the first that has not, or null */
  reset(): Code | null;
  acknowledge(code: Code, source: string, roles: readonly Role[]): boolean;
  /** true when the cell was READY_BLOCKED with nothing against motion */
  resume(): boolean;
  kill(by: string, reason: string): void;
  unkill(): boolean;
}
export interface DeskVerdict {
  readonly accepted: boolean;
  readonly code: Code;
}

const accepted: DeskVerdict = { accepted: true, code: "CONTROL_ACCEPTED" };
const refused = (code: Code): DeskVerdict => ({ accepted: false, code });

/** Judges the acts of people: role, freshness, and for a reset the rising edge after the inputs are healthy. */
export function createOperatorDesk(powers: DeskPowers) {
  const seen = new Set<string>();
  const resetLevel = new Map<string, 0 | 1>();

  /** Remembers a bounded number of request ids; the oldest is forgotten first. */
  const repeated = (requestId: string): boolean => {
    if (seen.has(requestId)) return true;
    if (seen.size >= REQUESTS_REMEMBERED)
      for (const oldest of seen) {
        seen.delete(oldest);
        break;
      }
    seen.add(requestId);
    return false;
  };

  const reset = (event: OperatorEvent, level: 0 | 1, retained: boolean): DeskVerdict => {
    const before = resetLevel.get(event.by) ?? 0;
    if (retained) return refused("RESET_RETAINED");
    resetLevel.set(event.by, level);
    if (level === 0) return accepted;
    if (before === 1) return refused("RESET_NOT_RISING");
    if (!powers.anyLatched()) return refused("RESET_NOTHING_LATCHED");
    return powers.reset() === null ? accepted : refused("RESET_INPUTS_UNHEALTHY");
  };

  const roleFor = (event: OperatorEvent): Role => {
    switch (event.act.name) {
      case "reset":
        return "reset";
      case "resume":
        return "resume";
      case "acknowledge":
        return powers.entryOf(event.act.code).clearedBy ?? "acknowledge";
      case "kill":
      case "unkill":
        return "kill";
    }
  };

  const carryOut = (event: OperatorEvent): DeskVerdict => {
    const act = event.act;
    switch (act.name) {
      case "reset":
        return reset(event, act.level, act.retained);
      case "resume":
        return powers.resume() ? accepted : refused("RESUME_NOT_READY");
      case "acknowledge":
        return powers.acknowledge(act.code, act.source, event.roles)
          ? accepted
          : refused("ACKNOWLEDGE_REFUSED");
      case "kill":
        powers.kill(event.by, event.reason);
        return accepted;
      case "unkill":
        return powers.unkill() ? accepted : refused("ACKNOWLEDGE_REFUSED");
    }
  };

  return {
    judge(event: OperatorEvent): DeskVerdict {
      // whoever may not act uses up nobody's id
      if (!event.roles.includes(roleFor(event))) return refused("ROLE_MISSING");
      // a second press of the same button stops again: only what releases is worth repeating to an attacker
      if (repeated(event.requestId) && event.act.name !== "kill") return refused("REQUEST_REPEATED");
      return carryOut(event);
    },
  };
}
export type OperatorDesk = ReturnType<typeof createOperatorDesk>;
