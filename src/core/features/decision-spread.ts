import { exp, log } from "../base/math.ts";
import type { Proposal } from "../domain/index.ts";
import { perProposal } from "./per-proposal.ts";

/** How sure the policy was of its choice, from its own probabilities or logits. */
export const decisionSpread = perProposal({
  name: "decision",
  needs: "decision_probabilities or decision_logits in a proposal's evidence",
  specs: [
    {
      name: "decision_entropy_share",
      unit: "1",
      windowMs: 0,
      direction: 1,
      meaning: "Shannon entropy of the choice as a share of the largest possible",
    },
    {
      name: "decision_margin",
      unit: "1",
      windowMs: 0,
      direction: -1,
      meaning: "probability of the best choice minus that of the second",
    },
    {
      name: "confidence_fall",
      unit: "1",
      windowMs: 0,
      direction: 1,
      meaning: "largest fall from a peak in the confidence trajectory, 0 without one",
    },
  ],
  read(proposal, out) {
    const p = probabilities(proposal);
    if (p === null) return false;
    let best = 0;
    let second = 0;
    let entropy = 0;
    for (const value of p) {
      if (value > 0) entropy -= value * log(value);
      if (value > best) {
        second = best;
        best = value;
      } else if (value > second) second = value;
    }
    out[0] = p.length > 1 ? entropy / log(p.length) : 0;
    out[1] = best - second;
    out[2] = largestFall(proposal.evidence?.confidence_trajectory ?? []);
    return true;
  },
});

function probabilities(proposal: Proposal): readonly number[] | null {
  const { decision_probabilities: given, decision_logits: logits } = proposal.evidence ?? {};
  if (given !== undefined && given.length > 0) {
    const sum = given.reduce((a, b) => a + b, 0);
    return sum > 0 ? given.map((p) => p / sum) : null;
  }
  if (logits === undefined || logits.length === 0) return null;
  const most = logits.reduce((a, b) => Math.max(a, b));
  const weights = logits.map((l) => exp(l - most));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

function largestFall(trajectory: readonly number[]): number {
  let peak = 0;
  let fall = 0;
  for (const value of trajectory) {
    peak = Math.max(peak, value);
    fall = Math.max(fall, peak - value);
  }
  return fall;
}
