import { MAX_ORDER_REPEATS } from "../domain/index.ts";
import { Evidence } from "./evidence.ts";
import type { Judgement, StageFacts } from "./judge.ts";
import type { RolloutEvent, RolloutMemory, RolloutView } from "./messages.ts";
import { isOfItems, type RolloutPlan } from "./plan.ts";
import {
  differingSeats,
  fairDecisions,
  isBad,
  type Seat,
  seatMemory,
  seatsOf,
  settle,
  silentSeats,
} from "./seat.ts";

type Report = Extract<RolloutEvent, { kind: "report" }>;
type Memory = Pick<
  RolloutMemory,
  | ("stageFrom" | "stageReached" | "stageKept" | "told" | "seats" | "keepers")
  | ("changed" | "kept" | "values" | "loads")
>;
type Listed = Pick<
  RolloutView,
  "told" | "changed" | "failed" | "offline" | "silent" | "differ" | "strayBaseline" | "stillToGoBack"
>;
const LISTED = 20;
const names = (seats: readonly Seat[]): string[] => seats.slice(0, LISTED).map((seat) => seat.name);
/** an order without an answer is repeated after this, so that one lost message does not hold a stage */
export const REPEAT_AFTER_US = 5_000_000;

/** The cells of a plan, those told in its order, and what their reports count for. It decides nothing. */
export class Roster {
  /** how many cells have been told, in all stages */
  told: number;
  readonly #plan: RolloutPlan;
  readonly #seats: readonly Seat[];
  readonly #byName = new Map<string, Seat>();
  readonly #keepers: Map<string, number>;
  readonly #evidence: Evidence;
  #stageFrom: number;
  #stageReached: number;
  #stageKept: number;
  /** of what was heard since this process began */
  readonly #strayBaseline = new Set<string>();

  constructor(plan: RolloutPlan, restored: Memory | null) {
    this.#plan = plan;
    this.#evidence = new Evidence(restored);
    this.#seats = seatsOf(plan, restored?.seats ?? []);
    for (const seat of this.#seats) this.#byName.set(seat.name, seat);
    this.#keepers = new Map(plan.baselineCells.map((name) => [name, restored?.keepers[name] ?? -1]));
    this.#stageFrom = restored?.stageFrom ?? 0;
    this.#stageReached = restored?.stageReached ?? 0;
    this.#stageKept = restored?.stageKept ?? 0;
    this.told = restored?.told ?? 0;
  }
  get memory(): Memory {
    const { told } = this;
    const stageFrom = this.#stageFrom;
    const stageReached = this.#stageReached;
    const stageKept = this.#stageKept;
    return {
      ...{ stageFrom, stageReached, stageKept, told },
      ...this.#evidence.memory,
      seats: seatMemory(this.#seats),
      keepers: Object.fromEntries(this.#keepers),
    };
  }

  nextStage(): void {
    this.#stageFrom = this.told;
    this.#stageReached = 0;
    this.#stageKept = 0;
    this.#evidence.nextStage();
  }
  /** The next cell of the plan, to be told now. */
  admit(now: number): Seat {
    const seat = this.#seats[this.told++]!;
    seat.told = now;
    seat.want = "new";
    seat.answered = false;
    return seat;
  }
  /** Every touched cell shall have what it had; those that have to be told so. */
  takeBack(): Seat[] {
    const touched = this.#seats.filter((seat) => seat.told >= 0);
    for (const seat of touched) {
      seat.want = "old";
      seat.repeats = 0;
      // it refused to change, since it holds something that the plan knows nothing of: that is not touched
      seat.answered = seat.holds === "other";
      if (seat.answered) seat.holds = "old";
    }
    return touched.filter((seat) => !seat.answered);
  }
  /** Those that have not answered for a while, told again a bounded number of times. */
  overdue(now: number): Seat[] {
    const due = this.#seats
      .slice(0, this.told)
      .filter((s) => !s.answered && now - s.told >= REPEAT_AFTER_US && s.repeats < MAX_ORDER_REPEATS);
    for (const seat of due) seat.repeats++;
    return due;
  }

  report(event: Report): void {
    const lastKept = this.#keepers.get(event.cell);
    if (lastKept !== undefined) {
      if (event.seq <= lastKept) return;
      this.#keepers.set(event.cell, event.seq);
      return this.#keep(event);
    }
    const seat = this.#byName.get(event.cell);
    if (seat === undefined || event.seq <= seat.lastSeq) return;
    seat.lastSeq = event.seq;
    seat.heardUs = event.atUs;
    this.#answer(seat, event.holds);
    // it is there: an order that it could not carry out yet is told again for as long as it takes
    if (!seat.answered) seat.repeats = 0;
    if (seat.holds !== "new" || seat.want !== "new") return;
    this.#evidence.count("changed", event);
    this.#measure(seat, event);
  }
  /** A cell is back; itself, if it has to be told again what it should have, else null. */
  online(cell: string, holds: string): Seat | null {
    const seat = this.#byName.get(cell);
    if (seat === undefined || seat.told < 0) return null;
    this.#answer(seat, holds);
    if (seat.answered && (seat.want === "new" || seat.holds === "old")) return null;
    seat.repeats = 0;
    return seat;
  }
  /** A baseline cell compares something only while it holds the old state. */
  #keep(event: Report): void {
    const fits = event.holds === this.#plan.previous;
    if (fits) this.#strayBaseline.delete(event.cell);
    else this.#strayBaseline.add(event.cell);
    if (!fits) return;
    this.#stageKept += event.decisions;
    this.#evidence.count("kept", event);
  }
  #measure(seat: Seat, event: { decisions: number; failures: number }): void {
    if (event.decisions === 0) return;
    const { changed } = this.#evidence;
    if (seat.decisions === 0) changed.measured++;
    seat.decisions += event.decisions;
    seat.failures += event.failures;
    const bad = isBad(seat, this.#plan.judge.decisionFailureMax);
    if (bad === seat.bad) return;
    seat.bad = bad;
    changed.bad += bad ? 1 : -1;
  }
  #answer(seat: Seat, holds: string): void {
    const had = seat.holds;
    const settled = settle(seat, holds, this.#plan);
    const { changed } = this.#evidence;
    if (settled && !seat.answered) {
      seat.answered = true;
      seat.repeats = 0;
      if (seat.want === "new" && seat.place >= this.#stageFrom) this.#stageReached++;
    }
    if (seat.told < 0 || seat.want !== "new") return;
    // a cell that had changed and went back by itself has fallen ill; it is not told again
    const fell = seat.counted && had === "new" && seat.holds !== "new";
    if (!seat.counted && settled) {
      seat.counted = true;
      changed.cells++;
    }
    if (!seat.counted || seat.ill || !(fell || seat.holds === "failed")) return;
    seat.ill = true;
    changed.cellFailures++;
  }

  /** cells that the plan has misread */
  get differing(): number {
    return differingSeats(this.#seats).length;
  }
  /** Have enough of those that this stage has told answered, for more of them to be told? */
  get mostAnswered(): boolean {
    return this.#stageReached >= Math.floor(this.#plan.judge.minReached * (this.told - this.#stageFrom));
  }
  /** How the present stage stands, by what its cells have said. */
  judge(stage: Pick<StageFacts, "complete" | "sinceUs" | "stages">, silent: readonly Seat[]): Judgement {
    return this.#evidence.judge(this.#plan, {
      ...stage,
      told: this.told - this.#stageFrom,
      reached: this.#stageReached,
      decisions: fairDecisions(this.#seats.slice(this.#stageFrom, this.told), this.#plan.judge.minDecisions),
      keptDecisions: this.#stageKept,
      present: this.told - silent.length,
      toldInAll: this.told,
    });
  }
  /** Changed, and not heard since. Recordings answer once and end. */
  silent(now: number): Seat[] {
    return isOfItems(this.#plan.automation) ? [] : silentSeats(this.#seats, now);
  }
  list(silent: readonly Seat[]): Listed {
    const told = this.#seats.slice(0, this.told);
    return {
      told: this.told,
      changed: told.filter((s) => s.holds === "new").length,
      failed: told.filter((s) => s.holds === "failed").length,
      offline: names(told.filter((s) => !s.answered)),
      silent: names(silent),
      differ: names(differingSeats(this.#seats)),
      strayBaseline: [...this.#strayBaseline].sort().slice(0, LISTED),
      stillToGoBack: told.filter((s) => s.want === "old" && (s.holds !== "old" || !s.answered)).length,
    };
  }
}
