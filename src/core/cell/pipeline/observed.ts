import { MAX_OPEN_PROPOSALS, type Micros, msToMicros } from "../../domain/index.ts";
import type { Desk } from "./desk.ts";
import { learnAction } from "./learn-action.ts";
import type { OpenAction } from "./open-action.ts";

/** Actions that shadow would have let through, until the time they would have taken is over. */
export interface Observed {
  add(action: OpenAction, t: Micros): void;
  tick(t: Micros): void;
  stopped(): void;
}

/** The cell stopped meanwhile: the gate and the reflex disagree. It did not: the action counts as ended well. */
export function createObserved(desk: () => Desk): Observed {
  const open: { readonly action: OpenAction; readonly endsAt: number }[] = [];
  return {
    add(action, t) {
      if (open.length >= MAX_OPEN_PROPOSALS) open.shift();
      open.push({ action, endsAt: t + msToMicros(action.judged.action.horizonMs) });
    },
    tick(t) {
      for (let i = open.length - 1; i >= 0; i--) {
        const { action, endsAt } = open[i]!;
        if (t < endsAt) continue;
        open.splice(i, 1);
        action.lane.loops.answered(action.questions);
        learnAction(action, desk());
        desk().stage.ended(false);
      }
    },
    stopped() {
      for (let i = 0; i < open.length; i++) desk().stage.ended(true);
      open.length = 0;
    },
  };
}
