import type { ChannelConfig, Code, Quantity } from "../../src/core/domain/index.ts";
import { channelSchema } from "../../src/core/domain/deployment/channels.ts";
import { channelIndexOf, epochMicrosOf, microsOf, QUANTITIES } from "../../src/core/domain/index.ts";
import type { ChannelBinding, Clock, Door, Outcome, TransportContext } from "../../src/edge/ports/index.ts";

const noted = (_count: number): Outcome => ({ accepted: true, code: null, detail: "" });

/** A door that writes down what came through it. */
export interface Recorder extends Door {
  readonly samples: { channel: number; values: number[]; stamp: number; sourceSeq: number; atUs: number }[];
  readonly faults: { channel: number; code: Code; detail: string }[];
  readonly proposals: { raw: unknown; caller: string }[];
  readonly refused: { code: Code; caller: string }[];
  readonly operators: Parameters<Door["operator"]>[0][];
  readonly approvals: Parameters<Door["approval"]>[0][];
  readonly reports: { name: string; report: string; actionId: string | null; detail: string }[];
  readonly healths: { part: string; code: Code; active: boolean; detail: string }[];
  onSample?: (channel: number) => void;
  onProposal?: (raw: unknown) => void;
  /** true while the newest health event of this code is active */
  active(code: Code): boolean;
}
export function createRecorder(clock: Clock): Recorder {
  const recorder: Recorder = {
    samples: [],
    faults: [],
    proposals: [],
    refused: [],
    operators: [],
    approvals: [],
    reports: [],
    healths: [],
    whenLatched: async () => true,
    sample(channel, values, count, stamp, sourceSeq) {
      recorder.samples.push({
        channel,
        values: Array.from({ length: count }, (_, i) => values[i]!),
        stamp,
        sourceSeq,
        atUs: clock.now(),
      });
      recorder.onSample?.(channel);
    },
    fault: (channel, code, detail) => void recorder.faults.push({ channel, code, detail }),
    proposal(raw, via) {
      recorder.proposals.push({ raw, caller: via.caller });
      recorder.onProposal?.(raw);
    },
    refusedProposal: (code, via) => void recorder.refused.push({ code, caller: via.caller }),
    operator: (event) => noted(recorder.operators.push(event)),
    approval: (event) => noted(recorder.approvals.push(event)),
    switchStage: () => noted(0),
    actuator: (name, report, actionId, detail) =>
      void recorder.reports.push({ name, report, actionId, detail }),
    health: (part, code, active, detail) => void recorder.healths.push({ part, code, active, detail }),
    active: (code) => recorder.healths.findLast((h) => h.code === code)?.active ?? false,
  };
  return recorder;
}

export function runClock(): Clock {
  const start = performance.now();
  return {
    now: () => microsOf(Math.round((performance.now() - start) * 1_000)),
    epoch: epochMicrosOf(Math.round((performance.timeOrigin + start) * 1_000)),
  };
}

/** Channels of a deployment: name → address, quantity and whatever else differs from the defaults. */
export function bindings(
  list: readonly ({ name: string; address: string; quantity: Quantity } & Partial<ChannelConfig>)[],
): ChannelBinding[] {
  return list.map(({ name, ...config }, i) => {
    const width = QUANTITIES[config.quantity].width;
    return {
      index: channelIndexOf(i),
      name,
      config: channelSchema.parse({ transport: "wire", maxAgeMs: 200, minRateHz: 1, ...config }),
      width: Math.max(0, width),
    };
  });
}
export function contextOf(
  recorder: Recorder,
  clock: Clock,
  channels: readonly ChannelBinding[],
  dataDir = "/nonexistent",
): TransportContext {
  return { door: recorder, clock, channels, cell: "cell_1", configHash: "c0ffee00c0ffee00", dataDir };
}

/** Waits for the world to reach a state; the bound only ends a test that would hang. */
export async function until(what: string, holds: () => boolean, boundMs = 20_000): Promise<void> {
  const end = performance.now() + boundMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`did not happen within ${boundMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
