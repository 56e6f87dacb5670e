import type {
  BlockEffect,
  HeartbeatEffect,
  PermitEffect,
  RevokeEffect,
  SlowEffect,
} from "../../core/domain/index.ts";

/**
 * Carries the node's will to one thing that moves. `block` writes before it returns, is idempotent and is
 * never queued; false means that it could not be handed over and the next actuator of the chain is asked.
 */
export interface Actuator {
  readonly name: string;
  block(effect: BlockEffect): boolean;
  slow(effect: SlowEffect): boolean;
  heartbeat(effect: HeartbeatEffect): boolean;
  /** refuses an expired permit */
  permit(effect: PermitEffect, nowUs: number): boolean;
  revoke(effect: RevokeEffect): boolean;
}
