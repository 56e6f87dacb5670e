import type { ChannelConfig, ChannelIndex, Role } from "../../core/domain/index.ts";
import type { Clock } from "./clock.ts";
import type { Door } from "./door.ts";

/** A channel that a transport has to bring. */
export interface ChannelBinding {
  readonly index: ChannelIndex;
  readonly name: string;
  readonly config: ChannelConfig;
  /** numbers per reading; 0 for a scan whose size the source decides */
  readonly width: number;
}
export interface TransportContext {
  readonly door: Door;
  readonly clock: Clock;
  readonly channels: readonly ChannelBinding[];
  /** name of the cell, for topics and client ids */
  readonly cell: string;
  readonly configHash: string;
  /** folder for the transport's own files (outbox, keys); exists */
  readonly dataDir: string;
  /** the robot's joints in the deployment's order, for sources that name them */
  readonly jointNames?: readonly string[];
  /** actuators whose commands this transport carries, with the address that each of them uses */
  readonly actuators?: readonly { readonly name: string; readonly address: string }[];
  /** who may ask for what, for requests that come signed over a transport */
  readonly operators?: readonly {
    readonly name: string;
    readonly roles: readonly Role[];
    readonly publicKey?: string | undefined;
  }[];
  /** absent: nothing that is signed releases anything over this transport */
  readonly signed?: SignedRequests;
}
/** Says whether what a person signed counts here, now, and for the first time. */
export interface SignedRequests {
  /** this start of this node: part of every signed text, so that a recorded one says nothing to the next start */
  readonly instance: string;
  /** wall time as this node has it, microseconds since 1970 */
  wallUs(): number;
  /** words why it does not count; null: it counts, and never again, also after a restart */
  take(by: string, requestId: string, issuedAtUs: number, maxAgeUs: number): string | null;
}
export interface TransportHealth {
  readonly connected: boolean;
  readonly received: number;
  readonly dropped: number;
  readonly rejected: number;
  readonly detail: string;
}

/**
 * Moves bytes and knows no meaning. Opening twice is an error, closing twice is not. Nothing is ever queued
 * while disconnected, and nothing stale is sent after a reconnect. A throw inside a callback never leaves it.
 */
export interface Transport {
  readonly kind: string;
  open(context: TransportContext): Promise<void>;
  close(): Promise<void>;
  health(): TransportHealth;
  /** ways out, for actuators; undefined where the transport cannot send */
  readonly sender?: CommandSender;
}

/** What an actuator needs of a transport: a write that has been handed to the system when it returns. */
export interface CommandSender {
  /** true: handed over now. false: not connected; nothing was kept. */
  send(address: string, message: OutMessage): boolean;
}
/** Commands by meaning; each transport has its own encoding of them. */
export type OutMessage =
  | { readonly kind: "stop"; readonly pose: readonly number[]; readonly code: string }
  | { readonly kind: "slow"; readonly scale: number }
  | { readonly kind: "velocity"; readonly values: readonly number[] }
  | {
      readonly kind: "heartbeat";
      readonly counter: number;
      readonly state: string;
      readonly mayMove: boolean;
      readonly configHash: string;
    }
  | {
      readonly kind: "permit";
      readonly actionId: string;
      readonly proposalHash: string;
      readonly expiresUs: number;
      readonly action: unknown;
      /** true: to be run although the cell is blocked; the next stop, or silence, ends it */
      readonly retreat: boolean;
    }
  | {
      readonly kind: "revoke";
      readonly actionId: string;
      readonly code: string;
      /** measured last, for a receiver that ends a motion by holding it; empty when unknown */
      readonly pose: readonly number[];
    }
  /** for information only: status, V_s, answers to proposers */
  | { readonly kind: "publish"; readonly body: unknown; readonly retain: boolean };
