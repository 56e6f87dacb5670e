import { log } from "../base/math.ts";
import { perProposal } from "./per-proposal.ts";

/** How long and how monotonous a program of tokens is: stuck policies repeat themselves. */
export const programTokens = perProposal({
  name: "program",
  needs: "a proposal with the verb program, or program_tokens in its evidence",
  specs: [
    { name: "program_length", unit: "count", windowMs: 0, direction: 0, meaning: "tokens of the program" },
    {
      name: "program_distinct_share",
      unit: "1",
      windowMs: 0,
      direction: 0,
      meaning: "different tokens as a share of all",
    },
    {
      name: "program_entropy_nats",
      unit: "nat",
      windowMs: 0,
      direction: 0,
      meaning: "Shannon entropy of the tokens",
    },
    {
      name: "program_repeat_share",
      unit: "1",
      windowMs: 0,
      direction: 0,
      meaning: "share of tokens that repeat the one before",
    },
  ],
  read(proposal, out) {
    const tokens = proposal.verb === "program" ? proposal.args.tokens : proposal.evidence?.program_tokens;
    if (tokens === undefined || tokens.length === 0) return false;
    const counts = new Map<string, number>();
    let repeats = 0;
    tokens.forEach((token, i) => {
      counts.set(token, (counts.get(token) ?? 0) + 1);
      if (i > 0 && tokens[i - 1] === token) repeats++;
    });
    let entropy = 0;
    for (const count of counts.values()) entropy -= (count / tokens.length) * log(count / tokens.length);
    out[0] = tokens.length;
    out[1] = counts.size / tokens.length;
    out[2] = entropy;
    out[3] = tokens.length > 1 ? repeats / (tokens.length - 1) : 0;
    return true;
  },
});
