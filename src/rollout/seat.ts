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
  seat.holds = holds === plan.artefact ? "new" : holds === plan.previous ? "old" : "failed";
  // its own watch or a person there has gone back further than the plan would have: it has gone back
  if (seat.want === "old" && seat.holds === "failed" && holds !== "failed") seat.holds = "old";
  return seat.holds === seat.want || (seat.holds === "failed" && seat.want === "new");
}
/** Ten decisions of one cell are not ten cells: a cell whose own failures are certain enough is one bad cell. */
export const isBad = (seat: Seat, decisionFailureMax: number): boolean =>
  seat.decisions >= 20 && seat.failures > 2 * decisionFailureMax * seat.decisions + 2;
