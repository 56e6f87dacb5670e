import { createFeatureBank, type FeatureBank, type FrameFeature } from "../../../src/core/features/index.ts";
import {
  channelIndexOf,
  type Deployment,
  deploymentSchema,
  epochMicrosOf,
  microsOf,
  NO_SOURCE_SEQ,
  seqOf,
} from "../../../src/core/domain/index.ts";
import { createKinematics } from "../../../src/core/robot/index.ts";

/** Two joints, each link 0.5 m: the tool is where one can see it. */
export function cell(channels: Record<string, object>, rules: object = {}): Deployment {
  return deploymentSchema.parse({
    cellgate: 1,
    cell: "bench",
    robot: {
      name: "two_links",
      massMovingKg: 10,
      payloadKg: 1,
      stopTimeMs: 300,
      stopDistanceM: 0.2,
      maxToolSpeedMPerS: 2,
      positionUncertaintyM: 0.01,
      joints: [
        { name: "a", minRad: -3, maxRad: 3, maxRadPerS: 2, maxRadPerS2: 10, maxEffortNm: 50 },
        { name: "b", minRad: -2, maxRad: 2, maxRadPerS: 4, maxRadPerS2: 10, maxEffortNm: 20 },
      ],
      kinematics: {
        dh: [
          { aM: 0.5, alphaRad: 0, dM: 0 },
          { aM: 0.5, alphaRad: 0, dM: 0 },
        ],
      },
    },
    transports: { bag: { kind: "bag" } },
    channels: Object.fromEntries(
      Object.entries(channels).map(([name, c]) => [
        name,
        { transport: "bag", address: `/${name}`, maxAgeMs: 100, minRateHz: 10, ...c },
      ]),
    ),
    rules,
    actuators: {},
  });
}

export interface Fed {
  readonly bank: FeatureBank;
  /** one reading at a time in milliseconds */
  feed(channel: string, ms: number, ...values: number[]): void;
  /** value of a feature now; undefined while its group is missing */
  at(ms: number, name: string): number | undefined;
}
export function fed(deployment: Deployment): Fed {
  const names = Object.keys(deployment.channels);
  const bank = createFeatureBank({
    deployment,
    channels: names.map((name, index) => ({ index, name, config: deployment.channels[name]! })),
    kinematics: createKinematics(deployment.robot),
  });
  let seq = 0;
  const place = (name: string): number => {
    const at = bank.features.findIndex((f: FrameFeature) => f.name === name);
    if (at < 0)
      throw new Error(`no feature ${name}; there are ${bank.features.map((f) => f.name).join(" ")}`);
    return at;
  };
  return {
    bank,
    feed(channel, ms, ...values) {
      bank.sample({
        kind: "sample",
        t: microsOf(ms * 1_000),
        seq: seqOf(seq++),
        channel: channelIndexOf(names.indexOf(channel)),
        stamp: epochMicrosOf(-1),
        sourceSeq: NO_SOURCE_SEQ,
        values: Float64Array.from(values),
      });
    },
    at(ms, name) {
      const i = place(name);
      const frame = bank.frame(ms * 1_000);
      return frame.present[i] === 1 ? frame.values[i] : undefined;
    },
  };
}
