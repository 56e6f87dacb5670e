import { cut } from "../base/text.ts";
import {
  FAULT_RECEIPT_PERIOD_US,
  MAX_CAUSES_IN_RECEIPT,
  type Micros,
  severityRank,
} from "../domain/index.ts";
import type { Cause } from "../reflex/index.ts";
import type { Outbox } from "./outbox.ts";

/** Writes one receipt when a cause begins and one when its condition ends; a flapping source is thinned out. */
export function createCauseLog(outbox: Outbox) {
  const active = new Map<string, Cause>();
  /** when each cause in the list began, to tell one that began and ended between two looks */
  const began = new Map<string, Micros>();
  const lastReceiptAt = new Map<string, Micros>();

  const write = (cause: Cause, isActive: boolean, t: Micros): void => {
    const key = `${cause.code}|${cause.source}|${isActive}`;
    const last = lastReceiptAt.get(key);
    // nobody makes a kill flap: each one has its receipt
    if (last !== undefined && t - last < FAULT_RECEIPT_PERIOD_US && cause.code !== "KILLED") return;
    lastReceiptAt.set(key, t);
    outbox.receipt(
      {
        receipt_type: "fault",
        code: cause.code,
        source: cause.source,
        detail: cut(cause.detail, 1_000),
        active: isActive,
      },
      false,
    );
  };

  const flash = (cause: Cause, t: Micros): void => {
    write(cause, true, t);
    write(cause, false, t);
  };

  return {
    update(causes: readonly Cause[], t: Micros): void {
      const now = new Set<string>();
      const listed = new Set<string>();
      for (const cause of causes) {
        const key = `${cause.code}|${cause.source}`;
        listed.add(key);
        const isNew = began.get(key) !== cause.since;
        began.set(key, cause.since);
        if (!cause.active) {
          if (isNew && !cause.restored && !active.has(key)) flash(cause, t);
          continue;
        }
        now.add(key);
        if (!active.has(key)) write(cause, true, t);
        active.set(key, cause);
      }
      for (const [key, cause] of active) {
        if (now.has(key)) continue;
        active.delete(key);
        write(cause, false, t);
      }
      for (const key of began.keys()) if (!listed.has(key)) began.delete(key);
    },
  };
}
export type CauseLog = ReturnType<typeof createCauseLog>;

/** Causes as they stand in the receipt of a change of state. */
export const causeRecords = (causes: readonly Cause[]) =>
  causes.slice(0, MAX_CAUSES_IN_RECEIPT).map((c) => ({
    code: c.code,
    source: c.source,
    severity: c.severity,
    active: c.active,
    latched: c.latched,
    detail: cut(c.detail, 500),
  }));

/** Causes that slow or stop the cell, as `code source`, in the order of their names. */
export const restrainingCauses = (causes: readonly Cause[]): string[] =>
  causes
    .flatMap((c) => (severityRank(c.severity) >= severityRank("slow") ? [`${c.code} ${c.source}`] : []))
    .sort();
