import { channelIndexOf, type ChannelConfig, epochMicrosOf, microsOf } from "../../src/core/domain/index.ts";
import { channelSchema } from "../../src/core/domain/deployment/channels.ts";
import type { ChannelBinding, Door, TransportContext } from "../../src/edge/ports/index.ts";

export { until } from "./recorder.ts";

export interface SeenSample {
  readonly channel: number;
  readonly values: readonly number[];
  readonly stamp: number;
}
/** A door that writes down what came through it. */
export interface SeenDoor {
  readonly door: Door;
  readonly samples: SeenSample[];
  readonly faults: { channel: number; code: string; detail: string }[];
  readonly health: { part: string; code: string; active: boolean; detail: string }[];
  readonly proposals: { raw: unknown; via: { transport: string; caller: string } }[];
  readonly refused: string[];
  readonly acts: unknown[];
  /** called within each sample, on the caller's stack */
  onSample: ((sample: SeenSample) => void) | null;
}

const accepted = { accepted: true, code: null, detail: "" } as const;

export function seenDoor(): SeenDoor {
  const seen: SeenDoor = {
    samples: [],
    faults: [],
    health: [],
    proposals: [],
    refused: [],
    acts: [],
    onSample: null,
    door: {
      sample(channel, values, count, stamp) {
        const sample = { channel, values: Array.from({ length: count }, (_, i) => values[i]!), stamp };
        seen.samples.push(sample);
        seen.onSample?.(sample);
      },
      fault: (channel, code, detail) => void seen.faults.push({ channel, code, detail }),
      health: (part, code, active, detail) => void seen.health.push({ part, code, active, detail }),
      proposal: (raw, via) => void seen.proposals.push({ raw, via }),
      refusedProposal: (code) => void seen.refused.push(code),
      operator: (event) => (seen.acts.push(event), accepted),
      approval: (event) => (seen.acts.push(event), accepted),
      switchStage: (event) => (seen.acts.push(event), accepted),
      actuator: () => undefined,
      whenLatched: async () => true,
    },
  };
  return seen;
}

type ChannelInput = { readonly quantity: ChannelConfig["quantity"]; readonly address: string } & Record<
  string,
  unknown
>;

/** A channel as a deployment would give it. */
export function binding(index: number, name: string, input: ChannelInput, width = 0): ChannelBinding {
  const config = channelSchema.parse({ transport: "wire", maxAgeMs: 100, minRateHz: 1, ...input });
  return { index: channelIndexOf(index), name, config, width };
}

export function wireContext(
  door: Door,
  channels: readonly ChannelBinding[],
  jointNames: readonly string[] = [],
): TransportContext {
  const epoch = epochMicrosOf(Date.now() * 1_000 - Math.round(performance.now() * 1_000));
  return {
    door,
    clock: { now: () => microsOf(Math.round(performance.now() * 1_000)), epoch },
    channels,
    cell: "test",
    configHash: "0".repeat(64),
    dataDir: "/nonexistent",
    jointNames,
  };
}
