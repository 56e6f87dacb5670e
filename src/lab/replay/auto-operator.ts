import { type CellState, operatorIdOf, ROLES } from "../../core/domain/index.ts";
import type { CellNode } from "../../node/index.ts";

/** Who acts in a replay: named in every receipt that follows from it. */
export const REPLAY_OPERATOR = operatorIdOf("replay_operator");
/** blocked states that nothing but a person ends */
const WAITS_FOR_PERSON: ReadonlySet<CellState> = new Set<CellState>(["READY_BLOCKED", "STOPPED"]);
/** a person's hand is not instant; part of every time to resume */
export const REACTION_US = 100_000;

/**
 * A recording has no person at the reset button. This one acknowledges, resets and resumes a moment after
 * every condition has ended, so that what follows a stop is judged too. Driven by ticks: deterministic.
 */
export class AutoOperator {
  acts = 0;
  readonly #node: CellNode;
  #freeSince = -1;

  constructor(node: CellNode) {
    this.#node = node;
  }
  /** After every tick. */
  look(t: number): void {
    const { cell } = this.#node;
    if (!WAITS_FOR_PERSON.has(cell.state)) {
      this.#freeSince = -1;
      return;
    }
    if (this.#anyActive()) {
      this.#freeSince = -1;
      return;
    }
    if (this.#freeSince < 0) this.#freeSince = t;
    if (t - this.#freeSince < REACTION_US) return;
    this.#freeSince = t;
    if (cell.state === "STOPPED") this.#clear();
    else this.#ask({ name: "resume" });
  }
  #anyActive(): boolean {
    return this.#node.cell.reflex
      .causes()
      .some((cause) => cause.active && (cause.severity === "hold" || cause.severity === "stop"));
  }
  #clear(): void {
    for (const cause of this.#node.cell.reflex.causes())
      if (cause.latched && !cause.active && cause.clears === "acknowledge")
        this.#ask({ name: "acknowledge", code: cause.code, source: cause.source });
    this.#ask({ name: "reset", level: 0, retained: false });
    this.#ask({ name: "reset", level: 1, retained: false });
  }
  #ask(act: Parameters<CellNode["door"]["operator"]>[0]["act"]): void {
    this.acts++;
    this.#node.door.operator({
      act,
      by: REPLAY_OPERATOR,
      roles: [...ROLES],
      requestId: `replay-${this.acts}`,
      reason: "replay",
    });
  }
}
