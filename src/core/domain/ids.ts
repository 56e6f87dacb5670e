/** Branded identifiers: a channel index can never be passed where a sequence number is meant. */
declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Position of an event on the tape; counts from 0 in every run. */
export type Seq = Brand<number, "Seq">;
/** Position of a channel in the deployment's list of channels. */
export type ChannelIndex = Brand<number, "ChannelIndex">;
/** Position of an actuator in the deployment's chain. */
export type ActuatorIndex = Brand<number, "ActuatorIndex">;
/** Name of an action, chosen by its proposer; unique within a run. */
export type ActionId = Brand<string, "ActionId">;
/** Name of a person or service that may act on the node. */
export type OperatorId = Brand<string, "OperatorId">;
/** `r<boot>.<seq>.<n>`: the n-th receipt that event `seq` of run `boot` gave. */
export type ReceiptId = Brand<string, "ReceiptId">;
/** Lower-case hexadecimal `sha256:blake3`. */
export type DualHash = Brand<string, "DualHash">;

export const seqOf = (value: number): Seq => value as Seq;
export const channelIndexOf = (value: number): ChannelIndex => value as ChannelIndex;
export const actuatorIndexOf = (value: number): ActuatorIndex => value as ActuatorIndex;
export const actionIdOf = (value: string): ActionId => value as ActionId;
export const operatorIdOf = (value: string): OperatorId => value as OperatorId;
export const receiptIdOf = (boot: number, seq: number, n: number): ReceiptId =>
  `r${boot}.${seq}.${n}` as ReceiptId;
