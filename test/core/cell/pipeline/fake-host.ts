import { dualHash } from "../../../../src/core/base/hash.ts";
import { canonicalBytes } from "../../../../src/core/base/canonical.ts";
import { createPipeline } from "../../../../src/core/cell/pipeline/index.ts";
import type { ChannelSnapshot, Pipeline, PipelineHost, Snapshot } from "../../../../src/core/cell/index.ts";
import { parseDeployment } from "../../../../src/node/deployment/index.ts";
import {
  actionIdOf,
  actuatorIndexOf,
  type ApprovalEvent,
  type Code,
  type Deployment,
  type Effect,
  type EpochMicros,
  type HelperEffect,
  type Micros,
  operatorIdOf,
  type ReceiptBody,
  type ReceiptBodyOf,
  type ReceiptId,
  receiptBody,
  receiptIdOf,
  type ReceiptType,
  type Role,
  type Seq,
  type TrialOutcome,
  type TrialRequest,
} from "../../../../src/core/domain/index.ts";
import { refusal } from "../../../../src/core/gate/index.ts";
import { createKinematics } from "../../../../src/core/robot/index.ts";
import { trialsHere } from "../../../../src/node/threads/index.ts";

export const HOME = [0, -1.5, 1.5, -1.5, -1.5, 0];
const joint = (name: string) =>
  `    - { name: ${name}, minRad: -6.2, maxRad: 6.2, maxRadPerS: 3.1, maxRadPerS2: 20 }`;

export const gateYaml = (gate = ""): string => `cellgate: 1
cell: test_cell
robot:
  name: arm
  massMovingKg: 20
  payloadKg: 3
  stopTimeMs: 200
  stopDistanceM: 0.1
  maxToolSpeedMPerS: 1.5
  positionUncertaintyM: 0.01
  joints:
${["j1", "j2", "j3", "j4", "j5", "j6"].map(joint).join("\n")}
  kinematics:
    dh:
      - { aM: 0, alphaRad: 1.570796326794897, dM: 0.1625 }
      - { aM: -0.425, alphaRad: 0, dM: 0 }
      - { aM: -0.3922, alphaRad: 0, dM: 0 }
      - { aM: 0, alphaRad: 1.570796326794897, dM: 0.1333 }
      - { aM: 0, alphaRad: -1.570796326794897, dM: 0.0997 }
      - { aM: 0, alphaRad: 0, dM: 0.0996 }
transports:
  test: { kind: test }
channels:
  near: { quantity: range, transport: test, address: near, maxAgeMs: 100, minRateHz: 20, min: 0, max: 10 }
  joints: { quantity: joints, transport: test, address: joints, maxAgeMs: 100, minRateHz: 20, declaredConstant: true }
  wrist: { quantity: wrench, transport: test, address: wrist, maxAgeMs: 100, minRateHz: 20 }
rules: {}
actuators:
  drive: { kind: test, transport: test, address: drive, confirmMs: 400, skills: by-name }
  hand: { kind: test, transport: test, address: hand, confirmMs: 400 }
operators:
  - { name: anna, roles: [approve, configure] }
gate:
  targets:
    arm: { path: /cell/arm, actuator: drive, verbs: [trajectory, twist, program, plan, power] }
    hand: { path: /cell/hand, actuator: hand, verbs: [gripper] }
    settings: { path: /cell/settings, verbs: [parameter] }
  namespace: /cell
  remaps: { /old/arm: /cell/arm }
  zones:
    cabinet: { kind: forbidden, min: [3, 3, 0], max: [4, 4, 2] }
    bench: { kind: work, min: [-1, -1, 0], max: [1, 1, 2] }
  locks: [table, tool]
  facts: [powered]
  skills:
    open_hand: { durationMs: 300, gives: [hand_open] }
    pick: { durationMs: 400, requires: [hand_open], gives: [holding], removes: [hand_open], zones: [bench] }
    place: { durationMs: 400, requires: [holding], gives: [hand_open], removes: [holding] }
    weld: { durationMs: 400, requires: [powered], risk: high }
  parameters:
    speed_ratio: { min: 0.1, max: 1, safetyRelevant: false }
    max_force: { min: 10, max: 140 }
${gate}`;

export const gateDeployment = (
  gate = "",
  replace: (text: string) => string = (text) => text,
): { deployment: Deployment; hash: string } => {
  const loaded = parseDeployment(replace(gateYaml(gate)), "gate.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 1));
  return loaded;
};

export type Trials = (request: TrialRequest) => TrialOutcome | null;
export interface FakeSetting {
  readonly gate?: string;
  readonly yaml?: (text: string) => string;
  readonly urdf?: string;
  readonly stage?: number;
  readonly seed?: number;
  /** null: the pool never answers */
  readonly trials?: Trials;
  /** how long trials take on the tape */
  readonly trialsUs?: number;
  readonly storedUs?: number;
  readonly stores?: boolean;
}

/** A cell that does nothing but lend itself to a pipeline. Time moves when a test moves it. */
export class FakeHost {
  readonly pipeline: Pipeline;
  readonly deployment: Deployment;
  readonly configHash: string;
  readonly effects: Effect[] = [];
  readonly receipts: ReceiptBody[] = [];
  readonly raised: { code: Code; source: string; detail: string }[] = [];
  readonly lasting: { code: Code; source: string; detail: string | null }[] = [];
  readonly lowered: { code: Code; source: string }[] = [];
  /** everything delivered to the pipeline, as a digest of the run sees it */
  nowUs = 1_000_000;
  world: {
    near: number;
    force: number;
    q: number[];
    energy: number | null;
    model: string;
    pace: number;
    forbidden: Code | null;
    frozen: boolean;
    /** null: the cell has no scanner */
    scan: number[] | null;
    /** what slows the cell */
    causes: string[];
  } = {
    near: 8,
    force: 5,
    q: [...HOME],
    energy: 0.1,
    model: "head-1",
    pace: 1,
    forbidden: null,
    frozen: false,
    scan: null,
    causes: [],
  };
  readAt = 1_000_000;
  #seq = 0;
  #receipts = 0;
  readonly #setting: FakeSetting;
  readonly #goals = new Map<string, number[]>();
  readonly #later: { at: number; act: () => void }[] = [];

  constructor(setting: FakeSetting = {}) {
    this.#setting = setting;
    const stage = `  stage: ${setting.stage ?? 0}\n`;
    const { deployment, hash } = gateDeployment(stage + (setting.gate ?? ""), setting.yaml);
    this.deployment = deployment;
    this.configHash = hash;
    this.pipeline = createPipeline(this.#host());
    this.pass(10);
  }

  #host(): PipelineHost {
    return {
      deployment: this.deployment,
      channels: Object.entries(this.deployment.channels).map(([name, config], index) => ({
        index,
        name,
        config,
      })),
      kinematics: createKinematics(this.deployment.robot, this.#setting.urdf),
      configHash: this.configHash,
      seed: this.#setting.seed ?? 7,
      now: () => this.nowUs as Micros,
      wall: (t) => (1_700_000_000_000_000 + t) as EpochMicros,
      pace: () => this.world.pace,
      forbidden: () => this.world.forbidden,
      causes: () => [...this.world.causes],
      snapshot: () => this.snapshot(),
      energyOf: () => {
        const { energy, energyContributions } = this.snapshot();
        return { value: energy, contributions: energyContributions };
      },
      retreat: {
        forbidden: () => refusal("RETREAT_NOT_CONFIGURED", "this host never blocks"),
        begin: () => undefined,
        end: () => undefined,
      },
      receipt: (body, awaited) => this.#receipt(body, awaited),
      emit: (effect) => this.#emit(effect),
      raise: (code, source, detail) => void this.raised.push({ code, source, detail }),
      lasting: (code, source, detail) => void this.lasting.push({ code, source, detail }),
      lower: (code, source) => void this.lowered.push({ code, source }),
    };
  }

  snapshot(): Snapshot {
    const { q, near, force, energy, model } = this.world;
    const t = this.readAt as Micros;
    const channels: ChannelSnapshot[] = [
      { name: "near", t, values: [near] },
      { name: "joints", t, values: [...q, ...q.map(() => 0), ...q.map(() => 0)] },
      { name: "wrist", t, values: [0, 0, force, 0, 0, 0] },
      ...(this.world.scan === null ? [] : [{ name: "scan", t, values: this.world.scan }]),
    ];
    return {
      t: this.nowUs as Micros,
      seq: this.#seq,
      channels,
      position: [...q],
      velocity: q.map(() => 0),
      energy,
      energyContributions: energy === null ? {} : { base: energy },
      energyThreshold: 1,
      modelHash: model,
    };
  }

  #receipt(body: ReceiptBody, awaited: boolean): ReceiptId {
    // the schema and the canonical bytes are what the ledger would insist on
    receiptBody.parse(body);
    canonicalBytes(body);
    this.receipts.push(structuredClone(body));
    const id = receiptIdOf(1, this.#seq, this.#receipts++);
    const ok = this.#setting.stores ?? true;
    if (awaited)
      this.#after(this.#setting.storedUs ?? 2_000, () =>
        this.pipeline.stored({ kind: "stored", ...this.at(), receiptId: id, ok }),
      );
    return id;
  }

  #emit(effect: Effect): void {
    this.effects.push(effect);
    if (effect.kind === "permit") this.#noteGoal(effect.actionId, effect.action);
    if (effect.kind === "trials") {
      const request = structuredClone(effect.request);
      const outcome = (this.#setting.trials ?? trialsHere)(request);
      if (outcome !== null)
        this.#after(this.#setting.trialsUs ?? 5_000, () =>
          this.pipeline.trials({
            kind: "trials",
            ...this.at(),
            actionId: request.actionId,
            requestId: request.requestId,
            outcome,
          }),
        );
    }
  }

  #noteGoal(id: string, action: unknown): void {
    const { args } = action as { args: { points?: { positions_rad: number[] }[] } };
    const goal = args.points?.at(-1)?.positions_rad;
    if (goal !== undefined) this.#goals.set(id, goal);
  }

  #after(us: number, act: () => void): void {
    this.#later.push({ at: this.nowUs + us, act });
  }
  at(): { t: Micros; seq: Seq } {
    return { t: this.nowUs as Micros, seq: this.#seq++ as Seq };
  }

  /** time passes in ticks of 10 ms; what was due meanwhile comes first */
  pass(ms: number): this {
    const end = this.nowUs + ms * 1_000;
    while (this.nowUs < end) {
      const tick = Math.min(end, (Math.floor(this.nowUs / 10_000) + 1) * 10_000);
      this.#deliverUntil(tick);
      this.nowUs = tick;
      if (!this.world.frozen) this.readAt = tick;
      this.pipeline.tick(tick as Micros);
    }
    return this;
  }
  #deliverUntil(limit: number): void {
    for (;;) {
      this.#later.sort((a, b) => a.at - b.at);
      const next = this.#later[0];
      if (next === undefined || next.at > limit) return;
      this.#later.shift();
      this.nowUs = Math.max(this.nowUs, next.at);
      if (!this.world.frozen) this.readAt = this.nowUs;
      next.act();
    }
  }

  propose(raw: unknown, caller = "bot", refused: Code | null = null): this {
    this.pipeline.proposal({
      kind: "proposal",
      ...this.at(),
      raw,
      via: { transport: "test", caller },
      refused,
    });
    return this;
  }
  approve(id: string, more: Partial<ApprovalEvent> = {}): this {
    const row = this.pipeline.view().approvals.find((a) => a.actionId === id);
    this.pipeline.approval({
      kind: "approval",
      ...this.at(),
      actionId: actionIdOf(id),
      granted: true,
      by: operatorIdOf("anna"),
      roles: ["approve"] as Role[],
      argsHash: row?.argsHash ?? "",
      configHash: this.configHash,
      modelHash: row?.modelHash ?? "",
      reason: "looked at it",
      signature: "absent",
      ...more,
    });
    return this;
  }
  stage(stage: number, roles: readonly Role[] = ["configure"]): this {
    this.pipeline.switchStage({
      kind: "switch",
      ...this.at(),
      stage,
      by: operatorIdOf("anna"),
      roles,
      reason: "test",
    });
    return this;
  }
  /** an honest actuator: the arm stands at the goal when it says that the action is completed, and is then put back */
  report(id: string, report: "accepted" | "failed" | "completed" | "aborted"): this {
    const goal = this.#goals.get(id);
    if (report !== "completed" || goal === undefined) return this.claim(id, report);
    const before = this.world.q;
    this.world.q = goal;
    this.claim(id, report);
    this.world.q = before;
    return this;
  }
  /** what a wire says, whatever the arm does */
  claim(id: string, report: "accepted" | "failed" | "completed" | "aborted", actuator = 0): this {
    this.pipeline.actuator({
      kind: "actuator",
      ...this.at(),
      actuator: actuatorIndexOf(actuator),
      report,
      actionId: actionIdOf(id),
      detail: "",
    });
    return this;
  }
  finding(effect: HelperEffect, finding: unknown): this {
    this.pipeline.helper({
      kind: "helper",
      ...this.at(),
      helperId: effect.helperId,
      actionId: effect.actionId,
      finding,
    });
    return this;
  }

  of<K extends Effect["kind"]>(kind: K): Extract<Effect, { kind: K }>[] {
    return this.effects.filter((e): e is Extract<Effect, { kind: K }> => e.kind === kind);
  }
  typed<T extends ReceiptType>(type: T): ReceiptBodyOf<T>[] {
    return this.receipts.filter((r): r is ReceiptBodyOf<T> => r.receipt_type === type);
  }
  about(id: string): ReceiptBody[] {
    return this.receipts.filter((r) => "action_id" in r && r.action_id === id);
  }
  /** receipt types of one action, trials and stoprules left out */
  story(id: string): string[] {
    return this.about(id).flatMap((r) => {
      if (r.receipt_type === "monte_carlo" || r.receipt_type === "stoprule") return [];
      if (r.receipt_type === "gate_decision") return [`gate_decision ${r.decision}`];
      if (r.receipt_type === "block") return [`block ${r.code}`];
      return ["outcome" in r ? `${r.receipt_type} ${r.outcome}` : r.receipt_type];
    });
  }
  answers(id: string): Record<string, unknown>[] {
    return this.of("answer")
      .filter((e) => e.actionId === id)
      .map((e) => e.answer as Record<string, unknown>);
  }
  digest(): string {
    return dualHash(canonicalBytes(this.receipts));
  }
}

let serial = 0;
export const freshId = (): string => `act-${++serial}`;
/** A small, slow move of the arm that nothing speaks against. */
export const calmMove = (
  id: string,
  more: Readonly<Record<string, unknown>> = {},
  far = 0.2,
): Record<string, unknown> => ({
  schema: "cellgate.proposal/1",
  action_id: id,
  proposer: "planner",
  target: "/cell/arm",
  verb: "trajectory",
  args: {
    joint_names: ["j1", "j2", "j3", "j4", "j5", "j6"],
    points: [
      { positions_rad: HOME, velocities_rad_s: [0, 0, 0, 0, 0, 0], time_from_start_ms: 0 },
      {
        positions_rad: HOME.map((v, i) => (i === 0 ? v + far : v)),
        velocities_rad_s: [0, 0, 0, 0, 0, 0],
        time_from_start_ms: 2_000,
      },
    ],
  },
  ...more,
});
/** Switches that make GREEN reachable without a history of familiar actions. */
export const NO_DEFERRAL = '  deferral: { monitored: false, because: "the test has no history" }\n';
export const EVIDENCE = {
  decision_probabilities: [1, 0],
  confidence_trajectory: [0.95, 0.95, 0.95],
};
