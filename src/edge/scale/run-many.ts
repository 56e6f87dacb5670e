import { existsSync } from "node:fs";
import { audit, type AuditGraph } from "../../core/audit/index.ts";
import { type Code, MAX_ITEMS_PER_RUN, MAX_TOTAL_BEFORE_ABORT } from "../../core/domain/index.ts";
import { createRollout, makePlan, type Rollout, stageTargets } from "../../core/rollout/index.ts";
import { sha256Hex } from "../../core/base/hash.ts";
import { utf8Bytes } from "../../core/base/utf8.ts";

/** One of many: its name is what is said about it. */
export interface ManyItem<I> {
  readonly name: string;
  readonly item: I;
}
/** What became of one item. */
export interface Ended {
  /** why it failed; null: it did what it should */
  readonly failure: string | null;
  /** cost per unit of its input; the mean may not grow from step to step */
  readonly load?: number;
}
/**
 * Does a batch, on as many threads as it likes; says of each item that it has ended, and takes up no further one
 * when the signal comes.
 */
export type BatchOf<I> = (
  batch: readonly ManyItem<I>[],
  ended: (name: string, how: Ended) => void,
  signal: AbortSignal,
) => Promise<void>;

export interface RunManySetting<I> {
  /** what is done with each, for people: "replay" */
  readonly what: string;
  readonly items: readonly ManyItem<I>[];
  readonly batch: BatchOf<I>;
  readonly graph: AuditGraph;
  /** a file that ends the run wherever it is as soon as it exists */
  readonly killFile: string;
  /** set: no steps, as a person decided and gave a reason for; caps, audit and kill file hold all the same */
  readonly allAtOnce?: { readonly by: string; readonly because: string } | undefined;
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** a fresh one that this process inherited; tests give their own */
  readonly generation?: number;
}
export interface ManyEnd {
  readonly state: "done" | "aborted" | "killed" | "stopped" | "refused";
  readonly code: Code | null;
  /** in words, for people: why it ended before all were done; "" when all were */
  readonly why: string;
  /** items that were begun, and those of them that failed */
  readonly done: number;
  readonly failed: number;
  /** size of each step that was completed */
  readonly steps: readonly number[];
  /** what each safeguard did; a run in which one of them did not work is not done */
  readonly safeguards: {
    readonly kill_file_looks: number;
    readonly verified: number;
    readonly admitted: number;
    readonly runs: number;
  };
}

/** one item in ten may fail; of the first, and of the first nine more, none */
const FAILED_SHARE_MAX = 0.1;
const GROWTH_MAX = 10;
const GENERATION_ENV = "CELLGATE_GENERATION";
const KILL_LOOK_MS = 100;

/**
 * Everything that does one thing to many: audited, then 1 → 10 → 100 → all, at most 50 at a time and 1,000 in all. What
 * a step came to decides whether there is a next one. The machine is the one that rolls artefacts out over cells.
 */
export async function runMany<I>(setting: RunManySetting<I>): Promise<ManyEnd> {
  const inherited = Number(process.env[GENERATION_ENV] ?? "0");
  const generation = setting.generation ?? (Number.isInteger(inherited) ? inherited : 1) + 1;
  const many = new Many(setting, generation);
  const outer = process.env[GENERATION_ENV];
  // whatever this run starts knows that it was started by one
  process.env[GENERATION_ENV] = String(generation);
  try {
    return await many.run();
  } finally {
    if (outer === undefined) delete process.env[GENERATION_ENV];
    else process.env[GENERATION_ENV] = outer;
  }
}

class Many<I> {
  readonly #setting: RunManySetting<I>;
  readonly #generation: number;
  readonly #byName: ReadonlyMap<string, ManyItem<I>>;
  readonly #stop = new AbortController();
  readonly #steps: number[] = [];
  readonly #ended = new Map<string, Ended>();
  #looks = 0;
  #verified = 0;
  #runs = 0;
  #admitted = 0;
  #killed = false;

  constructor(setting: RunManySetting<I>, generation: number) {
    this.#setting = setting;
    this.#generation = generation;
    this.#byName = new Map(setting.items.map((item) => [item.name, item]));
  }
  async run(): Promise<ManyEnd> {
    const { items, what, say = () => {} } = this.#setting;
    const plan = makePlan({
      id: what,
      automation: "run-of-many",
      artefact: sha256Hex(utf8Bytes(items.map((i) => i.name).join("\n"))),
      previous: "nothing",
      cells: items.map((i) => i.name),
      generation: this.#generation,
      pauseAfterStage: false,
      judge: { cellFailureMax: FAILED_SHARE_MAX, growthMax: GROWTH_MAX },
    });
    if (!plan.ok) return this.#end("refused", plan.error.code, plan.error.detail);
    const found = audit(this.#setting.graph);
    const blocker = found.findings.find((f) => f.severity === "blocker");
    if (!found.passed)
      return this.#end(
        "refused",
        blocker?.code ?? "ROLLOUT_UNAUDITED",
        `${blocker?.what ?? "the audit"}: ${blocker?.safeguard ?? ""}`,
      );
    if (items.length > 1) say(this.#planWords());
    if (this.#isKilled()) return this.#end("killed", "ROLLOUT_KILLED", `${this.#setting.killFile} exists`);
    const timer = setInterval(() => this.#isKilled(), KILL_LOOK_MS);
    const stopped = (): void => this.#stop.abort();
    this.#setting.signal?.addEventListener("abort", stopped);
    try {
      return await (this.#setting.allAtOnce === undefined
        ? this.#inSteps(createRollout(plan.value))
        : this.#atOnce());
    } finally {
      clearInterval(timer);
      this.#setting.signal?.removeEventListener("abort", stopped);
    }
  }

  #planWords(): string {
    const { items, what, killFile, allAtOnce } = this.#setting;
    const how =
      allAtOnce === undefined
        ? stageTargets(items.length).join(" → ")
        : `all at once, because: ${allAtOnce.because}`;
    return `${what}: ${items.length} items make a plan: ${how}; at most ${MAX_TOTAL_BEFORE_ABORT} in all; the file ${killFile} ends it`;
  }

  async #inSteps(rollout: Rollout): Promise<ManyEnd> {
    let now = 0;
    let seq = 0;
    let step = -1;
    const orders: string[] = [];
    const feed = (event: Parameters<Rollout["step"]>[0]): void => {
      for (const effect of rollout.step(event)) {
        if (effect.kind === "order" && effect.do === "apply") orders.push(effect.cell);
        if (effect.kind === "audit") feed({ kind: "audit", atUs: now, passed: true, hash: "" });
      }
    };
    feed({ kind: "person", atUs: now, by: "plan", act: "start", reason: this.#setting.what });
    while (rollout.state === "running" && !this.#stop.signal.aborted) {
      const names = orders.splice(0);
      if (names.length === 0) {
        const before = rollout.view().stage;
        feed({ kind: "tick", atUs: ++now });
        const { stage, targets, state } = rollout.view();
        if ((stage !== before || state === "done") && before >= 0) this.#verifiedStep(targets[before]!);
        if (orders.length === 0 && state === "running" && ++step > targets.length + 1)
          return this.#end("aborted", "ROLLOUT_INSUFFICIENT", "not all items of the step answered");
        continue;
      }
      step = 0;
      await this.#batch(names);
      // what did not answer and was not stopped counts as failed: silence is never a success
      for (const name of names) {
        const how = this.#ended.get(name) ?? { failure: "did not answer" };
        if (this.#stop.signal.aborted && !this.#ended.has(name)) continue;
        feed({
          kind: "report",
          atUs: ++now,
          cell: name,
          seq: ++seq,
          holds: how.failure === null ? rollout.plan.artefact : "failed",
          decisions: 1,
          failures: how.failure === null ? 0 : 1,
          ...(how.load !== undefined && { load: how.load }),
        });
      }
    }
    if (rollout.state === "done") return this.#finish();
    if (this.#stop.signal.aborted) return this.#stoppedEnd();
    const code = rollout.view().said?.code ?? "ROLLOUT_ABORT_FAILURES";
    return this.#end("aborted", code, this.#abortWords(rollout));
  }

  async #atOnce(): Promise<ManyEnd> {
    const names = [...this.#byName.keys()];
    while (names.length > 0 && !this.#stop.signal.aborted)
      await this.#batch(names.splice(0, MAX_ITEMS_PER_RUN));
    return this.#stop.signal.aborted ? this.#stoppedEnd() : this.#finish();
  }

  async #batch(names: readonly string[]): Promise<void> {
    this.#runs++;
    this.#admitted += names.length;
    const batch = names.map((name) => this.#byName.get(name)!);
    await this.#setting.batch(batch, (name, how) => void this.#ended.set(name, how), this.#stop.signal);
    this.#isKilled();
  }
  #verifiedStep(target: number): void {
    this.#verified++;
    this.#steps.push(target);
  }
  #isKilled(): boolean {
    this.#looks++;
    if (!existsSync(this.#setting.killFile)) return false;
    this.#killed = true;
    this.#stop.abort();
    return true;
  }

  /** Safeguards activated appropriately? Each of them has to have worked as often as it should. */
  #finish(): ManyEnd {
    const { items, allAtOnce } = this.#setting;
    const steps = allAtOnce === undefined ? stageTargets(items.length).length : 0;
    const idle =
      this.#admitted !== items.length
        ? `${this.#admitted} of ${items.length} items were counted`
        : this.#ended.size !== items.length
          ? `${this.#ended.size} of ${items.length} items answered`
          : this.#verified !== steps
            ? `${this.#verified} of ${steps} steps were verified`
            : this.#looks < this.#runs
              ? "the kill file was not looked for"
              : null;
    return idle === null
      ? this.#end("done", null, "")
      : this.#end("aborted", "ROLLOUT_SAFEGUARD_IDLE", `a safeguard did not work: ${idle}`);
  }
  #stoppedEnd(): ManyEnd {
    return this.#killed
      ? this.#end("killed", "ROLLOUT_KILLED", `${this.#setting.killFile} exists`)
      : this.#end("stopped", null, "interrupted");
  }
  #abortWords(rollout: Rollout): string {
    const { stage, targets, judgement } = rollout.view();
    const failures = [...this.#ended].filter(([, how]) => how.failure !== null);
    const growth =
      judgement?.code === "ROLLOUT_ABORT_GROWTH"
        ? `; an item costs ${Math.round(judgement.terms["growth"] ?? 0)} times as much as before`
        : "";
    const first = failures[0] === undefined ? "" : `; first: ${failures[0][0]}: ${failures[0][1].failure}`;
    return `ABORT at scale ${targets[Math.max(0, stage)]}: ${failures.length} of ${this.#ended.size} failed${growth}${first}`;
  }
  #end(state: ManyEnd["state"], code: Code | null, why: string): ManyEnd {
    const failed = [...this.#ended.values()].filter((how) => how.failure !== null).length;
    return {
      state,
      code,
      why,
      done: this.#ended.size,
      failed,
      steps: this.#steps,
      safeguards: {
        kill_file_looks: this.#looks,
        verified: this.#verified,
        admitted: this.#admitted,
        runs: this.#runs,
      },
    };
  }
}
