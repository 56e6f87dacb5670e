import {
  type ChannelConfig,
  type ChannelIndex,
  type Code,
  type Deployment,
  deploymentSchema,
  type EpochMicros,
  type FaultEvent,
  type Micros,
  NO_SOURCE_SEQ,
  NO_STAMP,
  type PflLimits,
  type Sample,
  type Seq,
  TICK_PERIOD_US,
} from "../../../src/core/domain/index.ts";
import {
  type ChannelInfo,
  createReflex,
  JUDGES,
  type Reflex,
  RULES,
  type RuleFactory,
} from "../../../src/core/reflex/index.ts";
import { createKinematics } from "../../../src/core/robot/index.ts";

export const EPOCH = 1_760_000_000_000_000 as EpochMicros;
export type ChannelInput = Partial<ChannelConfig> & Pick<ChannelConfig, "quantity">;

const JOINT_COUNT = 2;
const joint = (name: string) => ({
  name,
  minRad: -3,
  maxRad: 3,
  maxRadPerS: 2,
  maxRadPerS2: 10,
  maxEffortNm: 50,
});

/** A small cell: two joints in a plane, one metre each, so that speeds can be worked out by hand. */
export function deploymentOf(
  channels: Record<string, ChannelInput>,
  rules: object = {},
  extra: object = {},
): Deployment {
  return deploymentSchema.parse({
    cellgate: 1,
    cell: "rig",
    robot: {
      name: "planar",
      massMovingKg: 16,
      payloadKg: 2,
      stopTimeMs: 300,
      stopDistanceM: 0.4,
      maxToolSpeedMPerS: 1.5,
      positionUncertaintyM: 0.01,
      joints: [joint("j0"), joint("j1")],
      kinematics: {
        dh: [
          { aM: 1, alphaRad: 0, dM: 0 },
          { aM: 1, alphaRad: 0, dM: 0 },
        ],
      },
      ...((extra as { robot?: object }).robot ?? {}),
    },
    transports: { t: { kind: "test" } },
    channels: Object.fromEntries(
      Object.entries(channels).map(([name, c]) => [
        name,
        {
          transport: "t",
          address: name,
          maxAgeMs: 100,
          minRateHz: 1,
          declaredConstant: true,
          stamped: false,
          ...(c.quantity === "scan" ? { angleMinRad: -1, angleStepRad: 0.1 } : {}),
          ...c,
        },
      ]),
    ),
    rules,
    actuators: { arm: { kind: "test", transport: "t", address: "arm", confirmMs: 500 } },
    gate: (extra as { gate?: object }).gate ?? {},
    self: { reactionTimeMs: 20, ...((extra as { self?: object }).self ?? {}) },
  });
}

export const infosOf = (deployment: Deployment): ChannelInfo[] =>
  Object.entries(deployment.channels).map(([name, config], index) => ({ index, name, config }));

/** A reflex with its own time. Times are given in milliseconds and ticks are delivered as the door does it. */
export class Rig {
  readonly reflex: Reflex;
  readonly deployment: Deployment;
  readonly channels: readonly ChannelInfo[];
  nowMs = 0;
  #nextTick = TICK_PERIOD_US;
  #seq = 1;

  constructor(
    channels: Record<string, ChannelInput>,
    rules: object = {},
    more: { factories?: readonly RuleFactory[]; pflLimits?: PflLimits; extra?: object } = {},
  ) {
    this.deployment = deploymentOf(channels, rules, more.extra);
    this.channels = infosOf(this.deployment);
    const kinematics = createKinematics(this.deployment.robot);
    this.reflex = createReflex(
      { deployment: this.deployment, channels: this.channels, kinematics, pflLimits: more.pflLimits },
      more.factories ?? RULES,
      JUDGES,
    );
    this.reflex.start({ t: 0 as Micros, epoch: EPOCH });
  }

  index(name: string): ChannelIndex {
    return this.channels.find((c) => c.name === name)!.index as ChannelIndex;
  }
  /** lets time pass; nothing arrives */
  at(ms: number): this {
    const t = Math.round(ms * 1_000);
    while (this.#nextTick <= t) {
      this.reflex.tick(this.#nextTick as Micros);
      this.#nextTick += TICK_PERIOD_US;
    }
    this.nowMs = ms;
    return this;
  }
  after(ms: number): this {
    return this.at(this.nowMs + ms);
  }
  send(
    name: string,
    values: number[],
    stampMs: number | null = null,
    sourceSeq: number = NO_SOURCE_SEQ,
  ): boolean {
    const sample: Sample = {
      kind: "sample",
      t: Math.round(this.nowMs * 1_000) as Micros,
      seq: this.#seq++ as Seq,
      channel: this.index(name),
      stamp: stampMs === null ? NO_STAMP : ((EPOCH + Math.round(stampMs * 1_000)) as EpochMicros),
      sourceSeq,
      values: Float64Array.from(values),
    };
    return this.reflex.sample(sample);
  }
  /** sends the same reading every `periodMs` for `forMs` */
  feed(name: string, values: number[] | ((ms: number) => number[]), forMs: number, periodMs = 10): this {
    const end = this.nowMs + forMs;
    while (this.nowMs + periodMs <= end + 1e-9) {
      this.after(periodMs);
      this.send(name, typeof values === "function" ? values(this.nowMs) : values);
    }
    return this;
  }
  fault(name: string, code: Code, detail = "test"): this {
    const event: FaultEvent = {
      kind: "fault",
      t: Math.round(this.nowMs * 1_000) as Micros,
      seq: this.#seq++ as Seq,
      channel: this.index(name),
      code,
      detail,
    };
    this.reflex.fault(event);
    return this;
  }
  health(part: string, code: Code, active: boolean, detail = ""): this {
    this.reflex.health({
      kind: "health",
      t: Math.round(this.nowMs * 1_000) as Micros,
      seq: this.#seq++ as Seq,
      part,
      code,
      active,
      detail,
    });
    return this;
  }
  /** codes that hold now */
  active(): Code[] {
    return this.reflex
      .causes()
      .filter((c) => c.active)
      .map((c) => c.code)
      .sort();
  }
  /** codes that wait for a person */
  latched(): Code[] {
    return this.reflex
      .latched()
      .map((c) => c.code)
      .sort();
  }
}

/** joint reading of the rig's two joints */
export const jointsAt = (speed0 = 0, speed1 = 0, position0 = 0, position1 = 0): number[] => [
  position0,
  position1,
  speed0,
  speed1,
  ...new Array<number>(JOINT_COUNT).fill(0),
];
