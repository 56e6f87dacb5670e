import type { TrialOutcome, TrialRequest } from "../../core/domain/index.ts";
import type { SharedBatch } from "./shared-batch.ts";

/** A cancelled batch ends after its running trials; a thread that does not is in a loop and is killed. */
const CANCEL_GRACE_MS = 50;

/** A thread as its batch sees it. */
export interface Hand {
  /** it hangs: kill it, and start another */
  replace(): void;
}

/**
 * One batch under way. Its threads take chunks of it until none is left; trial i goes into slot i, so who
 * took what cannot be told from the result. Exactly one outcome is told, whatever the threads do.
 */
export class TrialJob {
  readonly id: number;
  readonly request: TrialRequest;
  readonly batch: SharedBatch;
  readonly #answer: (outcome: TrialOutcome) => void;
  /** told when every thread has left the batch, but not when one was lost, which may still write */
  readonly #onLeft: (batch: SharedBatch) => void;
  readonly #hands: Set<Hand>;
  readonly #budget: NodeJS.Timeout;
  #grace: NodeJS.Timeout | null = null;
  #told = false;
  #hasLost = false;

  /** `leftMs`: what is left of the budget, since waiting counts against it */
  constructor(
    job: {
      readonly id: number;
      readonly request: TrialRequest;
      readonly batch: SharedBatch;
      readonly leftMs: number;
    },
    hands: readonly Hand[],
    answer: (outcome: TrialOutcome) => void,
    onLeft: (batch: SharedBatch) => void,
  ) {
    this.id = job.id;
    this.request = job.request;
    this.batch = job.batch;
    this.#hands = new Set(hands);
    this.#answer = answer;
    this.#onLeft = onLeft;
    this.#budget = setTimeout(() => this.#late(), job.leftMs);
  }

  /** a thread has nothing left to do here */
  leaves(hand: Hand): void {
    this.#hands.delete(hand);
    const { sims } = this.request;
    if (this.batch.finished(sims) === sims) this.tell({ kind: "done", summary: this.batch.summary(sims) });
    else if (this.#hands.size === 0) this.#late();
    this.#ifLeft();
  }
  #ifLeft(): void {
    if (this.#hands.size > 0) return;
    if (this.#grace !== null) clearTimeout(this.#grace);
    if (!this.#hasLost) this.#onLeft(this.batch);
  }

  /** The first word counts; what the threads still do no longer matters, and they are told to stop. */
  tell(outcome: TrialOutcome): void {
    if (this.#told) return;
    this.#told = true;
    clearTimeout(this.#budget);
    this.batch.cancel();
    if (this.#hands.size > 0) this.#grace = setTimeout(() => this.#endHands(), CANCEL_GRACE_MS);
    this.#answer(outcome);
  }

  /** The thread died, or is killed: its batch loses it without a word. */
  loses(hand: Hand): void {
    this.#hands.delete(hand);
    this.#hasLost = true;
    this.#ifLeft();
  }

  /** The budget is over, or the threads are: what has ended counts. */
  #late(): void {
    this.tell({ kind: "late", summary: this.batch.summary(this.batch.finished(this.request.sims)) });
  }
  #endHands(): void {
    for (const hand of [...this.#hands]) hand.replace();
  }
}
