import type { Micros, ReceiptBody } from "../domain/index.ts";
import type { Cause } from "../reflex/index.ts";
import type { EnergyModel } from "./energy.ts";

/**
 * Tells the learned energy what happened in the cell, by code and once each: causes as they begin, and permitted
 * actions that ended badly. Which of them V_s should have announced is the business of its domain.
 */
export function createEventTeller(energy: EnergyModel) {
  const told = new Map<string, Micros>();
  const counts = new Map<string, HourCount>();
  const happened = (t: Micros, code: string): void => {
    let count = counts.get(code);
    // codes are a closed list, and this map is no longer than it
    if (count === undefined) counts.set(code, (count = new HourCount()));
    count.add(t);
    energy.event?.(t, code);
  };
  return {
    /** how often something happened in this run, and in its last hour; by code */
    counts: (t: Micros): Readonly<Record<string, { readonly total: number; readonly lastHour: number }>> =>
      Object.fromEntries(
        [...counts].map(([code, count]) => [code, { total: count.total, lastHour: count.lastHour(t) }]),
      ),
    causes(causes: readonly Cause[], t: Micros): void {
      const listed = new Set<string>();
      for (const { code, source, since, restored } of causes) {
        const key = `${code}|${source}`;
        listed.add(key);
        if (told.get(key) === since) continue;
        told.set(key, since);
        // what an earlier run has left latched happened then
        if (!restored) happened(t, code);
      }
      for (const key of told.keys()) if (!listed.has(key)) told.delete(key);
    },
    receipt(body: ReceiptBody, t: Micros): void {
      if (body.receipt_type === "permit_used" && ENDED_BADLY.has(body.outcome)) happened(t, body.code);
    },
  };
}
const ENDED_BADLY: ReadonlySet<string> = new Set(["aborted", "expired", "revoked"]);

const MINUTE_US = 60_000_000;
const MINUTES = 60;
/** So much happened in the last hour, minute by minute: bounded, however often it happens. */
class HourCount {
  total = 0;
  readonly #perMinute = new Uint32Array(MINUTES);
  #minute = 0;

  add(t: number): void {
    this.#advance(t);
    this.total++;
    this.#perMinute[this.#minute % MINUTES]!++;
  }
  lastHour(t: number): number {
    this.#advance(t);
    return this.#perMinute.reduce((sum, n) => sum + n, 0);
  }
  #advance(t: number): void {
    const now = Math.floor(t / MINUTE_US);
    for (let m = Math.max(this.#minute + 1, now - MINUTES + 1); m <= now; m++)
      this.#perMinute[m % MINUTES] = 0;
    this.#minute = Math.max(this.#minute, now);
  }
}
