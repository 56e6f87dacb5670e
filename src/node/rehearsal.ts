import { assert } from "../core/base/assert.ts";
import type { Pipeline, PipelineHost } from "../core/cell/index.ts";
import {
  channelIndexOf,
  type Micros,
  type OperatorAct,
  operatorIdOf,
  type TrialRequest,
  type TrialSummary,
} from "../core/domain/index.ts";
import type { Actuator } from "../edge/ports/index.ts";
import { VirtualClock } from "./clock.ts";
import { createNode, type NodeParts } from "./node.ts";
import { calmProposal, healthyReadings, rehearsalDeployment, STOPPING } from "./rehearsal-cell.ts";
import { withDigest } from "./receipt-digest.ts";

/**
 * What a node does rarely is slow the first times: the machine runs it unprepared, and what it prepares for
 * one cell it throws away when the next one differs. Several cells that are thrown away, each judging motions
 * and stopping, leave code that fits any.
 */
const CELLS = 4;
const ROUNDS = 6;
const PROPOSALS = 110;
const STOPS = 110;
/** A slow machine starts unprepared rather than late. */
const LIMIT_MS = 1_500;

const ROUND_US = 20_000;
const NEVER = new Promise<never>(() => {});
const OUTCOMES: TrialSummary = {
  n: 100,
  safe: 100,
  meanOutcome: 0.9,
  variance: 0.001,
  minSeparationM: 2,
  maxForceN: 9,
  maxEnergy: 0,
  worstTrial: 7,
  worstCause: "none",
  outcomes: Array.from({ length: 100 }, (_, i) => 0.85 + i * 1e-3),
};

/** Those who listen differ from node to node; code that was made for one of them would be thrown away for the next. */
const LISTENERS: readonly Pick<NodeParts, "record" | "observe">[] = [
  { record: () => {}, observe: () => {} },
  { record: (event) => void event, observe: (effect) => void effect },
];

/** Before the door of a live node opens. Nothing of it leaves this thread: no wire, no disk, no receipt. */
export function rehearse(createPipeline: (host: PipelineHost) => Pipeline): void {
  const until = performance.now() + LIMIT_MS;
  for (let variant = 0; variant < CELLS && performance.now() < until; variant++)
    rehearseCell(new RehearsalCell(createPipeline, variant), until);
}

function rehearseCell(cell: RehearsalCell, until: number): void {
  cell.recover();
  for (let i = 0; i < PROPOSALS && performance.now() < until; i++) cell.judge(i);
  for (let i = 0; i < STOPS && performance.now() < until; i++) {
    cell.stop(i);
    cell.recover();
  }
}

/** A whole node between a world, actuators, threads and a ledger that are not there. */
class RehearsalCell {
  readonly #clock = new VirtualClock();
  readonly #node;
  readonly #asked: TrialRequest[] = [];
  readonly #awaited: string[] = [];
  #permitted: string[] = [];
  readonly #isTyped: boolean;
  #blocks = 0;
  #round = 0;

  constructor(createPipeline: (host: PipelineHost) => Pipeline, variant: number) {
    const actuator: Actuator = {
      name: "none",
      moves: true,
      block: () => ++this.#blocks > 0,
      slow: () => true,
      heartbeat: () => true,
      permit: ({ actionId }) => this.#permitted.push(actionId) > 0,
      revoke: () => true,
    };
    this.#isTyped = variant % 2 === 0;
    this.#node = createNode({
      deployment: rehearsalDeployment(),
      configHash: "rehearsal",
      clock: this.#clock,
      scheduler: { later: () => {} },
      // one more member makes another kind of object of it
      actuators: [actuator, { ...actuator, [`kind${variant}`]: true }],
      receipts: withDigest({
        append: () => true,
        whenStored: (id) => {
          this.#awaited.push(id);
          return NEVER;
        },
        persistLatched: () => true,
        whenLatched: async () => true,
      }),
      trials: {
        run: (request) => {
          this.#asked.push(request);
          return NEVER;
        },
        help: () => NEVER,
      },
      createPipeline,
      ...LISTENERS[variant % LISTENERS.length]!,
    });
    this.#node.start({ boot: 1, latched: [], ledgerFault: null, seed: 1 });
  }

  #read(rounds: number): void {
    for (let i = 0; i < rounds; i++) {
      this.#clock.moveTo((this.#clock.now() + ROUND_US) as Micros);
      const readings = healthyReadings(++this.#round);
      for (let channel = 0; channel < readings.length; channel++) this.#sample(channel, readings[channel]!);
    }
  }
  #sample(channel: number, values: readonly number[]): void {
    const stamp = this.#clock.epoch + this.#clock.now();
    const row = this.#isTyped ? Float64Array.from(values) : values;
    this.#node.door.sample(channelIndexOf(channel), row, row.length, stamp, ++this.#round);
  }
  #act(act: OperatorAct): void {
    this.#node.door.operator({
      act,
      by: operatorIdOf("rehearsal"),
      roles: ["reset", "resume"],
      requestId: `${this.#round}${JSON.stringify(act)}`,
      reason: "",
    });
  }

  /** readings come until the cell may move */
  recover(): void {
    this.#read(ROUNDS);
    this.#act({ name: "reset", level: 1, retained: false });
    this.#act({ name: "reset", level: 0, retained: false });
    this.#act({ name: "resume" });
    assert(this.#node.cell.state === "RUNNING", `a rehearsed cell runs: ${this.#node.cell.why().code}`);
  }

  /** from the proposal to the end of the motion */
  judge(i: number): void {
    const { door } = this.#node;
    this.#read(5);
    const proposal = calmProposal(`rehearsed-${this.#round}`, 0.1 + i * 1e-3);
    door.proposal(proposal, { transport: "none", caller: `caller ${i % 8}` });
    const request = this.#asked.pop();
    if (request === undefined) return;
    door.trials(request, { kind: "done", summary: { ...OUTCOMES, outcomes: [...OUTCOMES.outcomes] } });
    this.#read(1);
    const receipt = this.#awaited.pop();
    if (receipt !== undefined) door.stored(receipt, true);
    const action = this.#permitted.pop();
    if (action !== undefined) door.actuator("drive", "completed", action, "");
  }

  stop(i: number): void {
    this.#read(5);
    const before = this.#blocks;
    const [channel, values] = STOPPING[i % STOPPING.length]!;
    this.#sample(channel, values);
    assert(this.#blocks > before, "a rehearsed cell stops");
  }
}
