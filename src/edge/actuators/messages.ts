import {
  type BlockEffect,
  type HeartbeatEffect,
  type PermitEffect,
  proposalSchema,
  type RevokeEffect,
  type Verb,
} from "../../core/domain/index.ts";
import type { OutMessage } from "../ports/index.ts";

type Stop = Extract<OutMessage, { kind: "stop" }>;
type Permit = Extract<OutMessage, { kind: "permit" }>;

/**
 * A repeated block is the same message: nothing adds up at the receiver. A pose with a number that is none
 * is left out: a stop without a pose is better than no stop.
 */
export const stopOf = ({ pose, code }: BlockEffect): Stop => ({
  kind: "stop",
  pose: pose.every(Number.isFinite) ? pose : [],
  code,
});
export const heartbeatOf = ({ counter, state, mayMove, configHash }: HeartbeatEffect): OutMessage => ({
  kind: "heartbeat",
  counter,
  state,
  mayMove,
  configHash,
});
export const revokeOf = ({ actionId, code, pose }: RevokeEffect): OutMessage => ({
  kind: "revoke",
  actionId,
  code,
  pose: pose.every(Number.isFinite) ? pose : [],
});

/** null: the permit has expired, and what it allowed may not be sent any more */
export function permitOf(effect: PermitEffect, nowUs: number): Permit | null {
  if (!(nowUs < effect.expires)) return null;
  const { actionId, proposalHash, expires, action, retreat } = effect;
  return { kind: "permit", actionId, proposalHash, expiresUs: expires, action, retreat };
}
/** true: the permitted action is one that this kind of actuator can carry out */
export function isVerb(effect: PermitEffect, verb: Verb): boolean {
  const action = proposalSchema.safeParse(effect.action);
  return action.success && action.data.verb === verb;
}
