import type {
  BlockEffect,
  HeartbeatEffect,
  PermitEffect,
  RevokeEffect,
  SlowEffect,
} from "../src/core/domain/index.ts";
import type { Actuator, OutMessage } from "../src/edge/ports/index.ts";

/** The arm's controller takes commands as they are: in this process, at once. */
export function simActuator(name: string, command: (message: OutMessage) => void): Actuator {
  const send = (message: OutMessage): boolean => {
    command(message);
    return true;
  };
  return {
    name,
    moves: true,
    block: (e: BlockEffect) => send({ kind: "stop", pose: e.pose, code: e.code }),
    slow: (e: SlowEffect) => send({ kind: "slow", scale: e.scale }),
    heartbeat: ({ counter, state, mayMove, configHash }: HeartbeatEffect) =>
      send({ kind: "heartbeat", counter, state, mayMove, configHash }),
    permit: (e: PermitEffect, nowUs) =>
      e.expires > nowUs &&
      send({
        kind: "permit",
        actionId: e.actionId,
        proposalHash: e.proposalHash,
        expiresUs: e.expires,
        action: e.action,
        retreat: e.retreat,
      }),
    revoke: (e: RevokeEffect) => send({ kind: "revoke", actionId: e.actionId, code: e.code, pose: e.pose }),
  };
}
