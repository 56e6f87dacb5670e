import { isBlocked } from "../../core/cell/index.ts";
import { codeEntry, type Code, type Effect, type Receipt } from "../../core/domain/index.ts";
import type { CellNode } from "../../node/index.ts";
import { ExceedanceWatch, type HazardWindow } from "./hazards.ts";
import { measureKpis, type StateSpan } from "./kpi.ts";
import type { Moment, ReplayResult, SignalResult, VerdictMoment } from "./result.ts";
import { Series } from "./series.ts";
import { type Signal, signalsOf } from "./signals.ts";

/** What of a node is looked at: a cell alone has it too. */
export type Watched = Pick<CellNode, "cell" | "deployment" | "channels">;
/** Columns of every chart: more than a screen has. */
const SLOTS = 4_000;
const MAX_MOMENTS = 20_000;

/** Watches a run and keeps what a person wants to see of it; bounded, however long the recording. */
export class Collector {
  samples = 0;
  readonly #node: Watched;
  readonly #signals: readonly (readonly Signal[])[];
  readonly #energy: Series;
  readonly #exceedances = new ExceedanceWatch();
  readonly #states: StateSpan[] = [];
  readonly #blocks: Moment[] = [];
  readonly #blocksByCode: Record<string, number> = {};
  readonly #verdicts: VerdictMoment[] = [];
  readonly #verdictCounts: Record<string, number> = { GREEN: 0, YELLOW: 0, RED: 0 };
  #state: string;
  #stateSince = 0;
  #stateCode = "";
  #last = 0;

  constructor(node: Watched, spanUs: number) {
    this.#node = node;
    this.#signals = node.channels.map((binding) => signalsOf(binding, node.deployment, spanUs, SLOTS));
    this.#energy = new Series("V_s", "1", spanUs, SLOTS);
    this.#state = node.cell.state;
  }
  sample(t: number, channel: number, row: Float64Array, count: number): void {
    this.samples++;
    for (const signal of this.#signals[channel]!) {
      const value = signal.of(row, count);
      signal.series.add(t, value);
      const { limit } = signal;
      if (signal.group === "level")
        this.#exceedances.see(t, signal.channel, isSafetyLevel(this.#node, channel) && value === 0);
      else if (limit !== null && signal.group !== "speed")
        this.#exceedances.see(t, signal.channel, signal.dangerAbove ? value > limit : value < limit);
    }
  }
  tick(t: number): void {
    this.#last = t;
    const { energy } = this.#node.cell;
    if (energy.value !== null) this.#energy.add(t, energy.value);
  }
  effect(effect: Effect, t: number): void {
    if (effect.kind === "receipt") this.#receipt(effect.receipt, t);
    else if (effect.kind === "block" && effect.first) this.#block(effect.code, effect.detail, t);
  }
  #block(code: Code, detail: string, t: number): void {
    if (this.#state === "STARTING" && t === 0) return;
    this.#blocksByCode[code] = (this.#blocksByCode[code] ?? 0) + 1;
    if (this.#blocks.length < MAX_MOMENTS)
      this.#blocks.push({ tUs: t, code, title: codeEntry(code).title, source: "", detail });
  }
  #receipt({ body }: Receipt, t: number): void {
    if (body.receipt_type === "state_change") {
      this.#nameSource(body.code, body.causes, t);
      this.#enter(body.to, body.code, t);
    } else if (body.receipt_type === "gate_decision")
      this.#verdict(body.decision, body.action_id, body.confidence_score, "", "", t);
    else if (body.receipt_type === "block")
      this.#verdict("RED", body.action_id, null, body.code, body.reason, t);
  }
  /** The block itself does not say who it is about; the receipt of its change of state does. */
  #nameSource(code: string, causes: readonly Readonly<Record<string, unknown>>[], t: number): void {
    const block = this.#blocks.at(-1);
    const source = causes.find((cause) => cause["code"] === code)?.["source"];
    if (block?.tUs === t && block.code === code && typeof source === "string")
      this.#blocks[this.#blocks.length - 1] = { ...block, source };
  }
  #enter(state: string, code: string, t: number): void {
    this.#closeSpan(t);
    this.#state = state;
    this.#stateSince = t;
    this.#stateCode = code;
  }
  #closeSpan(t: number): void {
    if (t <= this.#stateSince || this.#states.length >= MAX_MOMENTS) return;
    const state = this.#state;
    const fromUs = this.#stateSince;
    const code = this.#stateCode;
    this.#states.push({ fromUs, toUs: t, state, blocked: isBlocked(state as never), code });
  }
  #verdict(
    verdict: VerdictMoment["verdict"],
    actionId: string,
    confidence: number | null,
    code: string,
    detail: string,
    t: number,
  ): void {
    this.#verdictCounts[verdict]!++;
    if (this.#verdicts.length < MAX_MOMENTS)
      this.#verdicts.push({
        tUs: t,
        actionId,
        verdict,
        confidence,
        code,
        title: code === "" ? verdict : codeEntry(code as Code).title,
        source: "",
        detail,
      });
  }
  /** What was seen; with labels they are the hazards, without them the limits of the rules are. */
  finish(
    endUs: number,
    labels: readonly HazardWindow[] | null,
  ): Pick<
    ReplayResult,
    | "states"
    | "blocks"
    | "blocksByCode"
    | "verdicts"
    | "verdictCounts"
    | "energy"
    | "signals"
    | "nearestMiss"
    | "hazards"
    | "hazardsFrom"
    | "firstExceedanceUs"
    | "kpis"
    | "samples"
  > {
    this.#closeSpan(Math.max(endUs, this.#last));
    const exceeded = this.#exceedances.windows();
    const hazards = labels ?? exceeded;
    const signals = this.#signals.flat().map(resultOf);
    const { threshold } = this.#node.cell.energy;
    return {
      samples: this.samples,
      states: this.#states,
      blocks: this.#blocks,
      blocksByCode: this.#blocksByCode,
      verdicts: this.#verdicts,
      verdictCounts: this.#verdictCounts,
      energy: {
        threshold: threshold < Number.MAX_VALUE ? threshold : null,
        peak: this.#energy.count === 0 ? null : this.#energy.largest,
        peakAtUs: this.#energy.largestAt,
        series: this.#energy.plain(),
      },
      signals,
      nearestMiss: nearestMissOf(signals),
      hazards,
      hazardsFrom: labels === null ? "limits" : "labels",
      firstExceedanceUs: exceeded[0]?.fromUs ?? null,
      kpis: measureKpis(this.#states, hazards),
    };
  }
}
const SAFETY_LEVELS: ReadonlySet<string> = new Set(["estop", "estopDual", "protectiveStop"]);
const isSafetyLevel = (node: Watched, channel: number): boolean =>
  SAFETY_LEVELS.has(node.channels[channel]!.config.quantity);

function resultOf({ group, channel, series, limit, dangerAbove }: Signal): SignalResult {
  const seen = series.count > 0;
  return {
    group,
    channel,
    limit,
    dangerAbove,
    series: series.plain(),
    smallest: seen ? series.smallest : null,
    smallestAtUs: series.smallestAt,
    largest: seen ? series.largest : null,
    largestAtUs: series.largestAt,
  };
}
/** The reading that came closest to its limit without reaching it, as a share of the limit. */
function nearestMissOf(signals: readonly SignalResult[]): ReplayResult["nearestMiss"] {
  let nearest: ReplayResult["nearestMiss"] = null;
  let closest = 0;
  for (const {
    channel,
    limit,
    dangerAbove,
    smallest,
    smallestAtUs,
    largest,
    largestAtUs,
    series,
  } of signals) {
    const value = dangerAbove ? largest : smallest;
    if (limit === null || value === null || limit === 0 || value <= 0) continue;
    const share = dangerAbove ? value / limit : limit / value;
    if (share >= 1 || share <= closest) continue;
    closest = share;
    nearest = { channel, value, limit, atUs: dangerAbove ? largestAtUs : smallestAtUs, unit: series.unit };
  }
  return nearest;
}
