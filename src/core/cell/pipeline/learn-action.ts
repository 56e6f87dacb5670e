import type { Desk } from "./desk.ts";
import type { OpenAction } from "./open-action.ts";

/** The action ended well, or a person approved it: the next one like it is familiar. */
export function learnAction({ judged, lane }: OpenAction, desk: Desk): void {
  if (desk.gate.deferral.monitored && !judged.action.retreat)
    lane.familiarity.learn(judged.action, judged.features);
}
