import { type ApprovalEvent, type Micros, msToMicros } from "../../domain/index.ts";
import type { Desk } from "./desk.ts";
import type { OpenAction, PendingApproval } from "./open-action.ts";

/** How many persons an action needs, and when others are asked. */
export function chainOf(
  { judged }: OpenAction,
  desk: Desk,
): Pick<PendingApproval, "needed" | "granted" | "escalatesAt" | "escalated"> {
  const { persons, highRiskPersons, escalation } = desk.gate.approvals;
  return {
    needed: judged.action.highRisk ? Math.max(persons, highRiskPersons) : persons,
    granted: [],
    escalatesAt: escalation === undefined ? null : ((desk.now() + msToMicros(escalation.afterMs)) as Micros),
    escalated: false,
  };
}

/**
 * The person for whom an answer counts: whoever has the role, whoever is asked since the request was escalated, or
 * the one in whose place it is given. null: nobody may answer like this.
 */
export function principalOf(event: ApprovalEvent, action: OpenAction, desk: Desk): string | null {
  const { escalation, delegations } = desk.gate.approvals;
  if (event.roles.includes("approve")) return event.by;
  if (action.approval?.escalated === true && escalation?.to.includes(event.by) === true) return event.by;
  const now = desk.host.wall(desk.now());
  const { operators } = desk.host.deployment;
  const standsFor = delegations.find(
    ({ from, to, until }) =>
      to === event.by &&
      now < epochMicrosOfDate(until) &&
      operators.some((one) => one.name === from && one.roles.includes("approve")),
  );
  return standsFor?.from ?? null;
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|([+-])(\d\d):(\d\d))$/;
/** Microseconds since 1970 of a date with its offset; a date that cannot be read has passed. */
export function epochMicrosOfDate(text: string): number {
  const found = DATE.exec(text);
  if (found === null) return 0;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const sign = found[7] === "-" ? -1 : 1;
  const offset = sign * (Number(found[8] ?? 0) * 60 + Number(found[9] ?? 0));
  const seconds = ((daysFromCivil(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second;
  return seconds * 1_000_000;
}
/** Days since 1970 of a date of the Gregorian calendar, years beginning in March. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const ofEra = y - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}
