import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import {
  channelIndexOf,
  type Deployment,
  epochMicrosOf,
  microsOf,
  type Quantity,
  seqOf,
} from "../../../src/core/domain/index.ts";
import { bindChannels } from "../../../src/node/index.ts";
import { createTapeWriter } from "../../../src/edge/recordings/tape/index.ts";

const EPOCH = 1_700_000_000_000_000;
const RATE_US = 2_000;

interface Recorded {
  readonly seconds?: number;
  /** force on the wrist, newton, at a time in seconds */
  readonly force?: (s: number) => number;
  /** nearest thing on the scanner, metre */
  readonly near?: (s: number) => number;
  readonly cell?: string;
  readonly proposals?: readonly { readonly atS: number; readonly raw: unknown; readonly via: Via }[];
}
interface Via {
  readonly transport: string;
  readonly caller: string;
}

/** A tape as a node of this cell would have written it: quiet sensors, but for what the test says. */
export async function recordTape(path: string, deployment: Deployment, recorded: Recorded): Promise<void> {
  const { seconds = 5, force = () => 5, near = () => 3, cell = deployment.cell, proposals = [] } = recorded;
  mkdirSync(dirname(path), { recursive: true });
  const channels = bindChannels(deployment);
  const tape = createTapeWriter({
    path,
    live: false,
    meta: {
      cell,
      configHash: "recorded",
      configText: JSON.stringify(deployment),
      seed: 1,
      boot: 1,
      epoch: epochMicrosOf(EPOCH),
      version: "test",
      channels: channels.map(({ name, config }) => ({ name, quantity: config.quantity })),
      files: new Map(),
    },
  });
  let seq = 0;
  let open = [...proposals];
  for (let t = 0; t < seconds * 1e6; t += RATE_US) {
    for (const { index, config, width } of channels) {
      const every = Math.max(RATE_US, Math.floor(800_000 / config.minRateHz / RATE_US) * RATE_US);
      if (t % every !== 0) continue;
      const values = rowOf(config.quantity, width, t / 1e6, t / every, force, near);
      const at = { t: microsOf(t), seq: seqOf(seq++) };
      const stamp = epochMicrosOf(EPOCH + t);
      tape.append({
        kind: "sample",
        ...at,
        channel: channelIndexOf(index),
        stamp,
        sourceSeq: t / every,
        values,
      });
    }
    for (const { raw, via } of open.filter((p) => p.atS * 1e6 <= t))
      tape.append({ kind: "proposal", t: microsOf(t), seq: seqOf(seq++), raw, via, refused: null });
    open = open.filter((p) => p.atS * 1e6 > t);
  }
  await tape.close();
}

/** A live sensor is never quite still. */
const shiver = (n: number): number => 0.001 * ((n * 7_919) % 13);
function rowOf(
  quantity: Quantity,
  width: number,
  s: number,
  n: number,
  force: (s: number) => number,
  near: (s: number) => number,
): Float64Array {
  switch (quantity) {
    case "wrench":
      return Float64Array.of(force(s) + shiver(n), 0, 0, 0, 0, shiver(n));
    case "range":
      return Float64Array.of(2 + shiver(n));
    case "scan":
      return Float64Array.from({ length: 181 }, (_, i) => (i === 90 ? near(s) : 4) + shiver(n + i));
    case "estopDual":
      return Float64Array.of(1, 1);
    case "heartbeat":
      return Float64Array.of(n);
    default:
      return Float64Array.from({ length: width }, (_, i) => shiver(n + i));
  }
}
