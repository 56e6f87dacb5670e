import type { Rule, RuleFactory } from "./rule.ts";
import { FOREIGN_CODES } from "./foreign-publisher.ts";

/**
 * What the process measures about itself (event loop, ledger, workers, transports) becomes a cause under its
 * own code; how bad it is stands in the table of codes.
 */
export const selfHealth: RuleFactory = {
  name: "selfHealth",
  build: ({ deployment }) => [selfHealthRule(deployment.self.reactionTimeMs)],
};

function selfHealthRule(statedReactionMs: number): Rule {
  return {
    name: "selfHealth",
    codes: ["LOOP_LAG", "REACTION_SLOW"],
    listens: [],
    onHealth({ code, part, active, detail }, _around, report) {
      if (FOREIGN_CODES.has(code)) return;
      if (code === "REACTION_MEASURED") {
        if (Number(detail) > statedReactionMs)
          report.raise("REACTION_SLOW", part, `p99 ${detail} ms, stated ${statedReactionMs} ms`);
        else report.clear("REACTION_SLOW", part);
      } else if (active) report.raise(code, part, detail);
      else report.clear(code, part);
    },
  };
}
