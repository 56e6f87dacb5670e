import type {
  BlockEffect,
  HeartbeatEffect,
  PermitEffect,
  RevokeEffect,
  SlowEffect,
  VelocityEffect,
} from "../../core/domain/index.ts";

/**
 * Carries the node's will to one thing that moves. `block` writes before it returns, is idempotent and is
 * never queued; false means that it could not be handed over and the next actuator of the chain is asked.
 */
export interface Actuator {
  readonly name: string;
  /** true: permitted actions go to it, so it has to take a reduced speed too */
  readonly moves: boolean;
  block(effect: BlockEffect): boolean;
  /** false: it goes on at the speed it has */
  slow(effect: SlowEffect): boolean;
  /** what was asked of it and may go out; only where its settings name a command channel */
  velocity?(effect: VelocityEffect): boolean;
  heartbeat(effect: HeartbeatEffect): boolean;
  /** refuses an expired permit */
  permit(effect: PermitEffect, nowUs: number): boolean;
  /** false: what was permitted may go on */
  revoke(effect: RevokeEffect): boolean;
}
