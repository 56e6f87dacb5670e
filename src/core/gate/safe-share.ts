import { SAFE_SHARE_CONFIDENCE } from "../domain/index.ts";
import { shareLowerBound } from "../stats/index.ts";

let known = { safe: 0, n: 0, bound: 0 };

/** Lower bound on the share of safe trials. One verdict asks for it four times, and it is a third of its work. */
export function safeShareBound(safe: number, n: number): number {
  if (safe !== known.safe || n !== known.n)
    known = { safe, n, bound: shareLowerBound(safe, n, SAFE_SHARE_CONFIDENCE) };
  return known.bound;
}
