import { log } from "../base/math.ts";
import { PROMOTION_ALPHA, PROMOTION_QUANTILE } from "../domain/index.ts";
import { logExceedanceEvidence } from "../stats/index.ts";

export type Look = "proven" | "go-on" | "hopeless";

export interface InterimTest {
  readonly n: number;
  readonly worse: number;
  /** ln of the evidence for and against; either side is decided at ln 1/alpha */
  readonly evidence: number;
  readonly against: number;
  readonly look: Look;
  add(isWorse: boolean): Look;
}

/**
 * The promotion bound for somebody who looks after every scenario: 88 clean ones instead of 59. A decision
 * once reached stays; stopping when it looks good is allowed, which a fixed-n bound does not allow.
 */
export function createInterimTest(
  alpha: number = PROMOTION_ALPHA,
  p0: number = 1 - PROMOTION_QUANTILE,
): InterimTest {
  const bar = log(1 / alpha);
  let worse = 0;
  let n = 0;
  let evidence = 0;
  let against = 0;
  let look: Look = "go-on";
  return {
    get n() {
      return n;
    },
    get worse() {
      return worse;
    },
    get evidence() {
      return evidence;
    },
    get against() {
      return against;
    },
    get look() {
      return look;
    },
    add(isWorse) {
      n++;
      if (isWorse) worse++;
      evidence = logExceedanceEvidence(worse, n - worse, p0);
      against = logExcessEvidence(worse, n - worse, p0);
      if (look === "go-on") look = evidence >= bar ? "proven" : against >= bar ? "hopeless" : "go-on";
      return look;
    },
  };
}

/** ln evidence against "the rate is at most p0" after s hits and f others: a mixture over rates above p0. */
export const logExcessEvidence = (s: number, f: number, p0: number): number =>
  logExceedanceEvidence(f, s, 1 - p0);
