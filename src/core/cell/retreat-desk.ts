import {
  type CellState,
  type Code,
  type Deployment,
  type Micros,
  msToMicros,
  severityRank,
} from "../domain/index.ts";
import { type Refusal, refusal } from "../gate/index.ts";
import type { Cause, Reflex } from "../reflex/index.ts";
import type { RetreatLeave } from "./host.ts";

export interface RetreatPowers {
  readonly deployment: Deployment;
  readonly reflex: Reflex;
  state(): CellState;
  now(): Micros;
  enter(to: CellState, reason: string, cause: { code: Code; source: string; detail: string }): void;
}
const holds = (cause: Cause): boolean => severityRank(cause.severity) >= severityRank("hold");
const nameOf = ({ code, source }: Cause): string => `${code} ${source}`;

/**
 * Decides whether the arm may move out of a block at all. While it does, the causes that were there may stay;
 * any other one, of whatever kind, stops it at once.
 */
export function createRetreatDesk(powers: RetreatPowers) {
  const { deployment, reflex } = powers;
  const { retreat } = deployment.gate;
  const joints = Object.values(deployment.channels).find((c) => c.quantity === "joints" && c.monitored);
  let known = new Set<string>();

  const standing = (): boolean => {
    const { at, fastestRadPerS } = reflex.motion;
    const fresh = joints !== undefined && at >= 0 && powers.now() - at <= msToMicros(joints.maxAgeMs);
    return fresh && fastestRadPerS <= deployment.robot.standstillRadPerS;
  };
  const forbidden = (): Refusal | null => {
    if (retreat === undefined) return refusal("RETREAT_NOT_CONFIGURED", "gate.retreat is absent");
    const state = powers.state();
    const causes = reflex.causes().filter(holds);
    if ((state !== "STOPPED" && state !== "HOLD") || causes.length === 0)
      return refusal("RETREAT_NOT_BLOCKED", state);
    const other = causes.find(({ code }) => !(retreat.codes as readonly Code[]).includes(code));
    if (other !== undefined) return refusal("RETREAT_CAUSE", nameOf(other));
    return standing() ? null : refusal("RETREAT_MOVING", `${reflex.motion.fastestRadPerS} rad/s`);
  };

  const leave: RetreatLeave = {
    forbidden,
    begin(actionId) {
      known = new Set(reflex.causes().map(nameOf));
      powers.enter("RETREATING", actionId, { code: "CELL_RETREATING", source: "cell", detail: actionId });
    },
    end(code, detail) {
      if (powers.state() === "RETREATING") powers.enter("STOPPED", detail, { code, source: "gate", detail });
    },
  };
  return {
    leave,
    /** a cause that was not there when the retreat began; null: none */
    newCause: (): Cause | null =>
      reflex.causes().find((cause) => holds(cause) && !known.has(nameOf(cause))) ?? null,
  };
}
