import type { SeatMemory } from "./messages.ts";
import type { RolloutPlan } from "./plan.ts";

/** One cell of the plan, as the rollout knows it. */
export interface Seat extends Writable<SeatMemory> {
  readonly place: number;
}
type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function seatsOf(plan: RolloutPlan, restored: readonly SeatMemory[]): Seat[] {
  const known = new Map(restored.map((seat) => [seat.name, seat]));
  return plan.cells.map((name, place) => ({
    told: -1,
    want: "old",
    holds: "old",
    answered: false,
    lastSeq: -1,
    repeats: 0,
    decisions: 0,
    failures: 0,
    bad: false,
    counted: false,
    ill: false,
    heardUs: -1,
    ...known.get(name),
    name,
    place,
  }));
}
/** Seats that nothing is known of are left out: they are made anew from the plan. */
export const seatMemory = (seats: readonly Seat[]): SeatMemory[] =>
  seats.flatMap(({ place: _, ...seat }) => (seat.told < 0 && seat.lastSeq < 0 ? [] : [seat]));

/** What a cell holds while it carries out an order, or before it has heard the last one: not known yet. */
export const CHANGING = "changing";

/** Takes over what the cell says it holds. True: it holds now what it should, or cannot. */
export function settle(seat: Seat, holds: string, plan: RolloutPlan): boolean {
  if (holds === CHANGING) return false;
  seat.holds = known(seat, holds, plan);
  return seat.holds === seat.want || (seat.holds === "failed" && seat.want === "new");
}
function known(seat: Seat, holds: string, plan: RolloutPlan): Seat["holds"] {
  if (holds === plan.artefact) return "new";
  if (holds === plan.previous) return "old";
  if (holds === "failed") return "failed";
  // its own watch or a person there has gone back further than the plan would have: it has gone back
  if (seat.told >= 0 && seat.want === "old") return "old";
  // what had changed and then holds something else has fallen ill; what never changed was misread by the plan
  return seat.holds === "new" || seat.ill ? "failed" : "other";
}
/** Three of the longest periods between two reports (`fleet.reportMs`): whoever is not heard for longer is silent. */
const SILENT_AFTER_US = 180_000_000;
/** Changed, and not heard since: neither good nor bad, and no evidence for the next stage. */
export const silentSeats = (seats: readonly Seat[], nowUs: number): Seat[] =>
  seats.filter((s) => s.told >= 0 && s.answered && s.want === "new" && nowUs - s.heardUs > SILENT_AFTER_US);
/** The plan has misread them. */
export const differingSeats = (seats: readonly Seat[]): Seat[] => seats.filter((s) => s.holds === "other");
/** One cell counts for at most twice its share: a busy cell does not speak for idle ones. */
export function fairDecisions(seats: readonly Seat[], needed: number): number {
  const share = Math.ceil((2 * needed) / Math.max(1, seats.length));
  return seats.reduce((sum, seat) => sum + Math.min(share, seat.decisions), 0);
}
/** Ten decisions of one cell are not ten cells: a cell whose own failures are certain enough is one bad cell. */
export const isBad = (seat: Seat, decisionFailureMax: number): boolean =>
  seat.decisions >= 20 && seat.failures > 2 * decisionFailureMax * seat.decisions + 2;
