import { readFileSync } from "node:fs";
import type { Quantity } from "../../../core/domain/index.ts";
import type { ChannelBinding, TransportContext } from "../../ports/index.ts";
import { EnvelopeGuard, envelopeConfigHash, envelopeKey } from "../../wire/index.ts";
import { ChannelReader } from "./channel-reader.ts";
import type { MqttSettings, ProtectionSettings } from "./settings.ts";
import { splitAddress, Topics } from "./topics.ts";

/** channels of these quantities carry a stop: each needs an envelope, or a written reason why not */
const SAFETY: ReadonlySet<Quantity> = new Set(["estop", "estopDual", "protectiveStop", "safetyMode"]);
const MICROS_PER_MS = 1_000;

/** What a deployment means on this wire; refuses, with words for its author, what cannot be carried. */
export interface MqttPlan {
  readonly topics: Topics;
  readonly readers: readonly ChannelReader[];
  readonly byTopic: ReadonlyMap<string, readonly ChannelReader[]>;
  readonly commandKey: Uint8Array | null;
}

export function planOf(part: string, settings: MqttSettings, context: TransportContext): MqttPlan {
  const topics = new Topics(settings.base, context.cell);
  const names = new Set(context.channels.map((c) => c.name));
  for (const name of [
    ...Object.keys(settings.protected),
    ...Object.keys(settings.unprotected),
    ...settings.publishers.flatMap((p) => p.channels),
  ])
    if (!names.has(name)) throw new Error(`${part}: "${name}" is no channel of this transport`);
  const readers = context.channels.map((binding) => readerOf(part, binding, settings, topics, context));
  const byTopic = new Map<string, ChannelReader[]>();
  for (const reader of readers) byTopic.set(reader.topic, [...(byTopic.get(reader.topic) ?? []), reader]);
  const key = settings.commandKeyFile === undefined ? null : keyOf(part, settings.commandKeyFile);
  return { topics, readers, byTopic, commandKey: key };
}

function readerOf(
  part: string,
  binding: ChannelBinding,
  settings: MqttSettings,
  topics: Topics,
  context: TransportContext,
): ChannelReader {
  const { address, field } = splitAddress(binding.config.address);
  const topic = topics.resolve(address);
  if (topic === null)
    throw new Error(
      `channel "${binding.name}": "${address}" is no topic: no wildcards, no empty levels, no slash at either end`,
    );
  const protection = settings.protected[binding.name];
  if (
    protection === undefined &&
    SAFETY.has(binding.config.quantity) &&
    settings.unprotected[binding.name] === undefined
  )
    throw new Error(
      `channel "${binding.name}" is a ${binding.config.quantity}: ${part} needs it under protected, or under unprotected with the reason`,
    );
  const guard = protection === undefined ? null : guardOf(part, binding, topic, protection, context);
  return new ChannelReader(part, { binding, topic, field, guard }, context);
}

function guardOf(
  part: string,
  binding: ChannelBinding,
  address: string,
  protection: ProtectionSettings,
  context: TransportContext,
): EnvelopeGuard {
  const key = protection.keyFile === undefined ? null : keyOf(part, protection.keyFile);
  return new EnvelopeGuard({
    address,
    source: protection.source,
    config: channelConfigHash(context.cell, address, binding.config.quantity, protection),
    key,
    maxDelayUs: protection.maxDelayMs * MICROS_PER_MS,
    errorIntervalUs: protection.errorIntervalMs * MICROS_PER_MS,
  });
}
/** What the publisher of one channel has to know. */
export interface ChannelSender {
  readonly name: string;
  readonly quantity: Quantity;
  /** how many values; 0 or less: any number */
  readonly width: number;
  readonly topic: string;
  /** names of the fields on the way to the value inside the publisher's own JSON; empty: the contract's payload */
  readonly field: readonly string[];
  readonly maxAgeMs: number;
  readonly minRateHz: number;
  /** null: plain messages without an envelope */
  readonly protection: {
    readonly source: string;
    readonly configHash: string;
    readonly keyFile: string | null;
    readonly maxDelayMs: number;
  } | null;
}
/** What the publishers of all channels of this transport have to know; without keys, which stay where they are. */
export function sendersOf(
  settings: MqttSettings,
  { cell, channels }: Pick<TransportContext, "cell" | "channels">,
): ChannelSender[] {
  const topics = new Topics(settings.base, cell);
  return channels.flatMap(({ name, width, config }) => {
    const { address, field } = splitAddress(config.address);
    const topic = topics.resolve(address);
    if (topic === null) return [];
    const { quantity, maxAgeMs, minRateHz } = config;
    const protection = settings.protected[name];
    return {
      ...{ name, quantity, width, topic, field, maxAgeMs, minRateHz },
      protection:
        protection === undefined
          ? null
          : {
              source: protection.source,
              configHash: channelConfigHash(cell, topic, quantity, protection),
              keyFile: protection.keyFile ?? null,
              maxDelayMs: protection.maxDelayMs,
            },
    };
  });
}

/** The hash that the source of a protected channel has to send; its publisher is given it once, by hand. */
export const channelConfigHash = (
  cell: string,
  address: string,
  quantity: Quantity,
  { source, maxDelayMs, keyFile }: Pick<ProtectionSettings, "source" | "maxDelayMs" | "keyFile">,
): string =>
  envelopeConfigHash({
    cell,
    address,
    source,
    quantity,
    maxDelayMs,
    protection: keyFile === undefined ? "crc32" : "hmac",
  });

function keyOf(part: string, file: string): Uint8Array {
  const key = envelopeKey(readFileSync(file, "utf8"));
  if (key === null) throw new Error(`${part}: ${file} is no key: at least 32 hexadecimal digits`);
  return key;
}
