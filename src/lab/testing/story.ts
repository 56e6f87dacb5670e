import { createCell, createIngest, type Cell } from "../../core/cell/index.ts";
import type { CellSetting } from "../../core/cell/index.ts";
import { parseDeployment } from "../../node/deployment/index.ts";
import {
  type CellEvent,
  channelIndexOf,
  type Deployment,
  type Effect,
  epochMicrosOf,
  type LatchedCause,
  type Micros,
  type OperatorAct,
  operatorIdOf,
  type Receipt,
  ROLES,
  type Role,
} from "../../core/domain/index.ts";
import { createRunningHash } from "../../node/index.ts";
import { createKinematics } from "../../core/robot/index.ts";

/** A small cell with one channel of each kind that the state machine needs. */
export const SMALL_CELL = `cellgate: 1
cell: small_cell
robot:
  name: arm
  massMovingKg: 20
  payloadKg: 2
  stopTimeMs: 200
  stopDistanceM: 0.1
  maxToolSpeedMPerS: 1.5
  positionUncertaintyM: 0.01
  joints:
    - { name: j1, minRad: -3, maxRad: 3, maxRadPerS: 2, maxRadPerS2: 10 }
    - { name: j2, minRad: -3, maxRad: 3, maxRadPerS: 2, maxRadPerS2: 10 }
  kinematics:
    dh:
      - { aM: 0.4, alphaRad: 0, dM: 0.2 }
      - { aM: 0.3, alphaRad: 0, dM: 0 }
transports:
  test: { kind: test }
channels:
  estop: { quantity: estop, transport: test, address: estop, maxAgeMs: 100, minRateHz: 20, declaredConstant: true }
  near: { quantity: range, transport: test, address: near, maxAgeMs: 100, minRateHz: 20, min: 0, max: 10 }
  joints: { quantity: joints, transport: test, address: joints, maxAgeMs: 100, minRateHz: 20, declaredConstant: true }
rules:
  proximity:
    tool: { channel: near, minM: 0.3, slowM: 0.8 }
  zones:
    waiting: { channel: near, action: hold, withinM: 0.5 }
actuators:
  drive: { kind: test, transport: test, address: drive, confirmMs: 400 }
  contactor: { kind: test, transport: test, address: contactor, confirmMs: 400 }
operators:
  - { name: anna, roles: [reset, resume, acknowledge, kill, approve, configure] }
`;

export function smallDeployment(text: string = SMALL_CELL): { deployment: Deployment; hash: string } {
  const loaded = parseDeployment(text, "small.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded;
}

/** A cell on fake time. Reads as a story: what the world does, then what the cell did. */
export class Story {
  readonly cell: Cell;
  readonly deployment: Deployment;
  readonly effects: Effect[] = [];
  readonly tape: CellEvent[] = [];
  now = 0;
  readonly #ingest;
  #request = 0;
  #stampOf: (t: number) => number = (t) => Story.epoch + t;
  static readonly epoch = 1_767_225_600_000_000;
  /** readings that keep every source alive; a test changes them */
  readonly world: Record<string, number[] | null> = { estop: [1], near: [5], joints: [0.1, 0.2, 0, 0, 0, 0] };
  readonly #sourceSeq = new Map<string, number>();

  constructor(
    options: {
      text?: string;
      latched?: LatchedCause[];
      ledgerFault?: string | null;
      boot?: number;
      rules?: CellSetting["rules"];
      guests?: CellSetting["guests"];
      keepTape?: boolean;
    } = {},
  ) {
    const { deployment, hash } = smallDeployment(options.text);
    this.deployment = deployment;
    this.cell = createCell({
      deployment,
      configHash: hash,
      channels: Object.entries(deployment.channels).map(([name, config], i) => ({ index: i, name, config })),
      kinematics: createKinematics(deployment.robot),
      hash: createRunningHash(),
      ...(options.rules && { rules: options.rules }),
      ...(options.guests && { guests: options.guests }),
    });
    this.#ingest = createIngest(
      this.cell,
      {
        carry: (effects) => void this.effects.push(...effects),
        record: (event) => void (options.keepTape && this.tape.push(structuredClone(event))),
      },
      Object.keys(deployment.channels).length,
    );
    this.#ingest.event(0 as Micros, {
      kind: "start",
      boot: options.boot ?? 1,
      epoch: epochMicrosOf(Story.epoch),
      latched: options.latched ?? [],
      ledgerFault: options.ledgerFault ?? null,
      configHash: hash,
      seed: 1,
    });
  }

  /** one reading of a channel, now */
  read(name: string, values: number[], stamp = this.#stampOf(this.now)): void {
    const index = Object.keys(this.deployment.channels).indexOf(name);
    const seq = (this.#sourceSeq.get(name) ?? 0) + 1;
    this.#sourceSeq.set(name, seq);
    this.#ingest.sample(
      this.now as Micros,
      channelIndexOf(index),
      values,
      values.length,
      epochMicrosOf(stamp),
      seq,
    );
  }
  /** time passes; every source that the world holds sends each 10 ms, with a little noise where it may not be constant */
  wait(ms: number): this {
    const end = this.now + ms * 1_000;
    while (this.now < end) {
      this.now = Math.min(end, this.now + 10_000);
      for (const [name, values] of Object.entries(this.world))
        if (values !== null) this.read(name, name === "near" ? [values[0]! + (this.now % 7) * 1e-6] : values);
      this.#ingest.advance(this.now as Micros);
    }
    return this;
  }
  do(
    act: OperatorAct,
    options: { roles?: readonly Role[]; by?: string; requestId?: string } = {},
  ): { accepted: boolean; code: string | null } {
    const effects = this.#ingest.event(this.now as Micros, {
      kind: "operator",
      act,
      by: operatorIdOf(options.by ?? "anna"),
      roles: options.roles ?? ROLES,
      requestId: options.requestId ?? `q${++this.#request}`,
      reason: "test",
    });
    const outcome = effects.find((e) => e.kind === "outcome");
    if (outcome?.kind !== "outcome") throw new Error("no outcome");
    return { accepted: outcome.accepted, code: outcome.code };
  }
  event(body: Parameters<(typeof this)["deliver"]>[0]): readonly Effect[] {
    return this.deliver(body);
  }
  deliver(body: Parameters<ReturnType<typeof createIngest>["event"]>[1]): readonly Effect[] {
    return this.#ingest.event(this.now as Micros, body);
  }
  pressReset(): { accepted: boolean; code: string | null } {
    const pressed = this.do({ name: "reset", level: 1, retained: false });
    this.do({ name: "reset", level: 0, retained: false });
    return pressed;
  }
  running(): this {
    this.wait(300);
    if (!this.do({ name: "resume" }).accepted) throw new Error(`not ready: ${this.cell.state}`);
    this.wait(100);
    return this;
  }
  get state(): string {
    return this.cell.state;
  }
  of<K extends Effect["kind"]>(kind: K): Extract<Effect, { kind: K }>[] {
    return this.effects.filter((e): e is Extract<Effect, { kind: K }> => e.kind === kind);
  }
  receipts(): Receipt[] {
    return this.of("receipt").map((e) => e.receipt);
  }
  clear(): void {
    this.effects.length = 0;
  }
}
