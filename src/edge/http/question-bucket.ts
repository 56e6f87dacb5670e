/** Questions that read the ledger cost time on the page's thread: all browsers together have this much. */
const PER_SECOND = 40;
const AT_ONCE = 80;

export class QuestionBucket {
  #left = AT_ONCE;
  #at = 0;

  take(nowMs: number): boolean {
    this.#left = Math.min(AT_ONCE, this.#left + ((nowMs - this.#at) / 1_000) * PER_SECOND);
    this.#at = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
