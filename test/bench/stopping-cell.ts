import { createCell, createIngest } from "../../src/core/cell/index.ts";
import { createPipeline } from "../../src/core/cell/pipeline/index.ts";
import {
  channelIndexOf,
  epochMicrosOf,
  type Micros,
  operatorIdOf,
  type TrialRequest,
} from "../../src/core/domain/index.ts";
import { createRunningHash } from "../../src/node/index.ts";
import { createKinematics } from "../../src/core/robot/index.ts";
import { calmMove, gateDeployment, HOME } from "../core/cell/pipeline/fake-host.ts";

const EPOCH = 1_767_225_600_000_000;

/** A cell on fake time that runs, takes as many proposals as it can hold, and is stopped. */
export class StoppingCell {
  readonly #ingest;
  readonly #names: string[];
  #now = 0;
  #n = 0;
  #block = 0;
  #trials: TrialRequest[] = [];

  constructor() {
    const { deployment, hash } = gateDeployment(
      '  stage: 3\n  energy: { monitored: false, because: "no head in this bench" }\n  fairness: { maxProposalsPerSecond: 10000, maxOpenPerProposer: 64 }\n',
      (text) => text.replace("rules: {}", "rules:\n  proximity:\n    tool: { channel: near, minM: 0.3 }"),
    );
    this.#names = Object.keys(deployment.channels);
    const cell = createCell({
      deployment,
      configHash: hash,
      kinematics: createKinematics(deployment.robot),
      hash: createRunningHash(),
      createPipeline,
      channels: Object.entries(deployment.channels).map(([name, config], index) => ({ index, name, config })),
    });
    this.#ingest = createIngest(
      cell,
      {
        carry: (effects) => {
          for (const effect of effects) {
            if (effect.kind === "block" && this.#block === 0) this.#block = performance.now();
            if (effect.kind === "trials" && this.#trials.length < 64) this.#trials.push(effect.request);
          }
        },
        record: () => {},
      },
      this.#names.length,
    );
    this.#ingest.event(0 as Micros, {
      kind: "start",
      boot: 1,
      epoch: epochMicrosOf(EPOCH),
      latched: [],
      ledgerFault: null,
      configHash: hash,
      seed: 1,
    });
  }

  #read(near: number): void {
    this.#n++;
    const rows: Record<string, number[]> = {
      near: [near + (this.#n % 11) * 1e-4],
      joints: [...HOME, ...HOME.map(() => 0), ...HOME.map(() => 0)],
      wrist: [0, 0, 5 + (this.#n % 7) * 0.01, 0, 0, 0],
    };
    this.#names.forEach((name, i) =>
      this.#ingest.sample(
        this.#now as Micros,
        channelIndexOf(i),
        rows[name]!,
        rows[name]!.length,
        epochMicrosOf(EPOCH + this.#now),
        this.#n,
      ),
    );
  }

  /** healthy for a while, then resumed */
  run(): void {
    for (let i = 0; i < 40; i++) {
      this.#now += 10_000;
      this.#read(8);
      this.#ingest.advance(this.#now as Micros);
      if (i === 30) this.#resume();
    }
  }
  #resume(): void {
    this.#ingest.event(this.#now as Micros, {
      kind: "operator",
      act: { name: "resume" },
      by: operatorIdOf("anna"),
      roles: ["resume"],
      requestId: "bench",
      reason: "",
    });
  }
  propose(id: string): void {
    this.#ingest.event(this.#now as Micros, {
      kind: "proposal",
      raw: calmMove(id),
      via: { transport: "bench", caller: "bench" },
      refused: null,
    });
  }
  /** readings go on coming while the proposals wait */
  breathe(): void {
    for (let i = 0; i < 9; i++) {
      this.#now += 1_000;
      this.#read(8);
    }
  }
  /** milliseconds from the sample to its block */
  stop(): number {
    this.#block = 0;
    this.#now += 1_000;
    const near = channelIndexOf(this.#names.indexOf("near"));
    const from = performance.now();
    this.#ingest.sample(this.#now as Micros, near, [0.1], 1, epochMicrosOf(EPOCH + this.#now), ++this.#n);
    if (this.#block === 0) throw new Error("the cell did not block");
    return this.#block - from;
  }
}
