import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { PLAIN_REPLAY, type ReplayResult, type ReplayTask, runJobs } from "../lab/replay/index.ts";
import {
  createRollout,
  type Rollout,
  type RolloutEffect,
  type RolloutEvent,
  type RolloutMemory,
} from "../core/rollout/index.ts";
import type { FrozenRollout } from "./plan-file.ts";

export interface ArchiveSetting {
  readonly frozen: FrozenRollout;
  readonly memory: RolloutMemory | null;
  readonly version: string;
  keep(memory: RolloutMemory): void;
  receipt(effect: Extract<RolloutEffect, { kind: "receipt" }>): void;
  audit(): { readonly passed: boolean; readonly hash: string };
}
type Order = Extract<RolloutEffect, { kind: "order" }>;
type Archive = NonNullable<FrozenRollout["archive"]>;

/** A rollout over recordings on this machine: the same stages, caps and verdicts, with threads for cells. */
export class ArchiveRun {
  readonly rollout: Rollout;
  /** what was said of each recording, newest last */
  readonly said = new Map<string, string>();
  readonly #setting: ArchiveSetting;
  readonly #archive: Archive;
  readonly #inbox: Order[] = [];
  #last: number;
  #seq = 0;

  constructor(setting: ArchiveSetting) {
    this.#setting = setting;
    this.#archive = setting.frozen.archive!;
    this.rollout = createRollout(setting.frozen.plan, setting.memory);
    this.#last = setting.memory?.now ?? 0;
    // a recording whose replay was cut off is replayed again
    for (const seat of setting.memory?.seats ?? []) {
      this.#seq = Math.max(this.#seq, seat.lastSeq);
      if (seat.told >= 0 && !seat.answered) {
        const apply = seat.want === "new";
        const { artefact, previous } = setting.frozen.plan;
        const what = apply ? ("apply" as const) : ("rollback" as const);
        this.#inbox.push({ kind: "order", cell: seat.name, do: what, artefact: apply ? artefact : previous });
      }
    }
  }
  act(act: Extract<RolloutEvent, { kind: "person" }>["act"], by: string, reason: string): void {
    this.#step({ kind: "person", atUs: this.#now(), by, act, reason });
  }
  tick(): void {
    this.#step({ kind: "tick", atUs: this.#now() });
  }
  get waiting(): number {
    return this.#inbox.length;
  }
  /** Does the next few of what was ordered. */
  async work(): Promise<void> {
    const orders = this.#inbox.splice(0, this.#archive.jobs);
    for (const order of orders.filter((o) => o.do === "rollback")) this.#takeBack(order);
    const apply = orders.filter((o) => o.do === "apply");
    const results = await runJobs(
      apply.map((o) => this.#task(o.cell)),
      this.#archive.jobs,
      () => {},
    );
    results.forEach((result, i) => {
      const failure = result.ok ? whyFailed(result.value, this.#archive) : result.error;
      const load = result.ok ? result.value.tookMs / Math.max(1, result.value.messages) : undefined;
      this.#answer(apply[i]!, failure, load);
    });
  }

  #now(): number {
    return (this.#last = Math.max(this.#last, Date.now() * 1_000));
  }
  #step(event: RolloutEvent): void {
    const effects = this.rollout.step(event);
    for (const effect of effects) {
      if (effect.kind === "receipt") this.#setting.receipt(effect);
      // what was told to go on and has not begun is not done when it is to go back
      if (effect.kind === "order" && effect.do === "rollback")
        for (let i = this.#inbox.length - 1; i >= 0; i--)
          if (this.#inbox[i]!.cell === effect.cell) this.#inbox.splice(i, 1);
      if (effect.kind === "order") this.#inbox.push(effect);
    }
    if (event.kind !== "tick" || effects.length > 0) this.#setting.keep(this.rollout.memory);
    if (effects.some((e) => e.kind === "audit"))
      this.#step({ kind: "audit", atUs: this.#now(), ...this.#setting.audit() });
  }
  #answer({ cell, artefact }: Order, failure: string | null, load?: number): void {
    this.said.set(cell, failure ?? artefact);
    this.#step({
      kind: "report",
      atUs: this.#now(),
      cell,
      seq: ++this.#seq,
      holds: failure === null ? artefact : "failed",
      decisions: 1,
      failures: failure === null ? 0 : 1,
      ...(load !== undefined && { load }),
    });
  }
  #takeBack(order: Order): void {
    const out = this.#outOf(order.cell);
    if (out !== null) rmSync(out, { force: true });
    this.#answer(order, null);
  }
  #outOf(bag: string): string | null {
    const { out } = this.#archive;
    if (out === undefined) return null;
    const place = this.#setting.frozen.plan.cells.indexOf(bag);
    const stem = basename(bag)
      .replace(/\.(mcap|db3)$/, "")
      .replace(/[^\w.-]/g, "_");
    return join(out, `${String(place + 1).padStart(4, "0")}-${stem}.mcap`);
  }
  #task(bag: string): ReplayTask {
    const { deployment } = this.#archive;
    const out = this.#outOf(bag);
    if (this.#archive.out !== undefined) mkdirSync(this.#archive.out, { recursive: true });
    return {
      bag,
      deployment: { text: readFileSync(deployment, "utf8"), file: deployment },
      ...PLAIN_REPLAY,
      out,
      version: this.#setting.version,
    };
  }
}

function whyFailed(result: ReplayResult, { failOn }: Archive): string | null {
  if (failOn.includes("block") && result.blocks.length > 0) return `${result.blocks.length} blocks`;
  const kpi = result.kpis.find((k) => k.passed === false);
  if (failOn.includes("kpi") && kpi !== undefined) return `KPI missed: ${kpi.title}`;
  if (failOn.includes("damage") && result.losses.count > 0) return `${result.losses.count} losses`;
  return null;
}
