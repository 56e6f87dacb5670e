import { isBlocked } from "../../core/cell/index.ts";
import {
  type ChannelIndex,
  type Code,
  type Effect,
  type Micros,
  type Receipt,
} from "../../core/domain/index.ts";
import { usedShare } from "../../core/reflex/index.ts";
import type { CellNode } from "../../node/index.ts";
import { type HazardWindow, joined } from "./hazards.ts";
import { measureKpis, type StateSpan } from "./kpi.ts";
import { FilmMaker } from "./film-maker.ts";
import { MarginWatch } from "./margin-watch.ts";
import { type ChannelHeard, outcomeOf } from "./outcome.ts";
import { priceOf, stopsOf } from "./price.ts";
import type { MarginResult, Moment, ReplayResult, SignalResult, VerdictMoment } from "./result.ts";
import { Series } from "./series.ts";
import { type Signal, signalsOf } from "./signals.ts";

/** What of a node is looked at: a cell alone has it too. */
export type Watched = Pick<CellNode, "cell" | "deployment" | "channels" | "kinematics">;
/** Columns of every chart: more than a screen has. */
const SLOTS = 4_000;
const MAX_MOMENTS = 20_000;

/** Watches a run and keeps what a person wants to see of it; bounded, however long the recording. */
export class Collector {
  samples = 0;
  readonly #node: Watched;
  readonly #film: FilmMaker | null;
  readonly #signals: readonly (readonly Signal[])[];
  readonly #energy: Series;
  readonly #margins: MarginWatch;
  readonly #heard: Float64Array;
  readonly #hazardCodes: ReadonlySet<string>;
  #slowings = 0;
  readonly #states: StateSpan[] = [];
  readonly #blocks: Moment[] = [];
  readonly #blocksByCode: Record<string, number> = {};
  readonly #verdicts: VerdictMoment[] = [];
  readonly #verdictCounts: Record<string, number> = { GREEN: 0, YELLOW: 0, RED: 0 };
  #state: string;
  #stateSince = 0;
  #stateCode = "";
  #last = 0;

  /** `filmed`: pictures are taken for a report */
  constructor(node: Watched, spanUs: number, near: number, filmed = false) {
    this.#node = node;
    this.#film = filmed ? new FilmMaker(node, spanUs) : null;
    this.#signals = node.channels.map((binding) => signalsOf(binding, spanUs, SLOTS));
    const { measured, entryOf } = node.cell.reflex;
    this.#margins = new MarginWatch(measured, node.channels.length, entryOf, near);
    this.#hazardCodes = new Set(measured.flatMap((r) => (r.margins ?? []).map((m) => m.code)));
    this.#heard = new Float64Array(node.channels.length);
    this.#energy = new Series("V_s", "1", spanUs, SLOTS);
    this.#state = node.cell.state;
  }
  sample(t: number, channel: number, row: Float64Array, count: number): void {
    this.samples++;
    this.#heard[channel]!++;
    for (const signal of this.#signals[channel]!) signal.series.add(t, signal.of(row, count));
    const values = row.length === count ? row : row.subarray(0, count);
    this.#node.cell.reflex.measure({ t: t as Micros, channel: channel as ChannelIndex, values });
    this.#margins.look(t, channel);
  }
  tick(t: number): void {
    this.#last = t;
    this.#film?.tick(t);
    const { energy } = this.#node.cell;
    if (energy.value !== null) this.#energy.add(t, energy.value);
  }
  effect(effect: Effect, t: number): void {
    if (effect.kind === "receipt") this.#receipt(effect.receipt, t);
    else if (effect.kind === "block" && effect.first) this.#block(effect.code, effect.detail, t);
  }
  #block(code: Code, detail: string, t: number): void {
    // every node comes up blocked; what it finds in the first reading is a block like any other
    if (code === "CELL_STARTING" || code === "SOURCE_MISSING") return;
    this.#film?.moment(t);
    this.#blocksByCode[code] = (this.#blocksByCode[code] ?? 0) + 1;
    if (this.#blocks.length < MAX_MOMENTS)
      this.#blocks.push({ tUs: t, code, title: this.#titleOf(code), source: "", detail });
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
    if (state === "SLOW") this.#slowings++;
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
        title: code === "" ? verdict : this.#titleOf(code as Code),
        source: "",
        detail,
      });
  }
  #titleOf(code: Code): string {
    return this.#node.cell.reflex.entryOf(code).title;
  }
  /** What a person should know about the margins besides their figures. */
  notes(): string[] {
    return [...this.#node.cell.reflex.unmeasured].map(
      ([rule, why]) => `the rule ${rule} states no margins, its hazards are not known: ${why}`,
    );
  }
  #channels(): ChannelHeard[] {
    return this.#node.channels.map(({ name, config }, i) => ({
      name,
      required: config.required,
      samples: this.#heard[i]!,
    }));
  }
  /** Blocks that ended motion which had been allowed. */
  #stopsOnceFree(): number {
    const free = this.#states.find((s) => !s.blocked)?.fromUs ?? Infinity;
    return this.#blocks.filter((b) => b.tUs > free).length;
  }
  #price(
    margins: readonly MarginResult[],
    labelled: readonly HazardWindow[] | null,
    told: readonly HazardWindow[],
  ): Pick<ReplayResult, "stops" | "price" | "freeUs" | "happened"> {
    const happened = {
      labelled,
      approaches: joined([...this.#margins.approaches(), ...told]),
      passed: this.#margins.passed(),
    };
    const stops = stopsOf({
      states: this.#states,
      blocks: this.#blocks,
      margins,
      happened,
      titleOf: (code) => this.#titleOf(code as Code),
    });
    const freeUs = this.#states.reduce((sum, s) => sum + (s.blocked ? 0 : s.toUs - s.fromUs), 0);
    return { stops, price: priceOf(stops), freeUs, happened };
  }
  /** What was seen; with labels they are the hazards, without them the limits of the rules are. */
  finish(
    endUs: number,
    labels: readonly HazardWindow[] | null,
    labelled: readonly HazardWindow[] | null,
    told: readonly HazardWindow[] = [],
  ): Pick<
    ReplayResult,
    | "states"
    | "blocks"
    | "stops"
    | "price"
    | "freeUs"
    | "happened"
    | "blocksByCode"
    | "verdicts"
    | "verdictCounts"
    | "energy"
    | "signals"
    | "nearestMiss"
    | "margins"
    | "outcome"
    | "channels"
    | "hazards"
    | "hazardsFrom"
    | "firstExceedanceUs"
    | "kpis"
    | "samples"
    | "film"
  > {
    this.#closeSpan(Math.max(endUs, this.#last));
    const exceeded = this.#margins.hazards();
    const hazards = labels ?? exceeded;
    const margins = this.#margins.results();
    const signals = this.#signals.flat().map((signal) => resultOf(signal, margins));
    const channels = this.#channels();
    const { threshold } = this.#node.cell.energy;
    return {
      film: this.#film?.film() ?? null,
      samples: this.samples,
      states: this.#states,
      blocks: this.#blocks,
      ...this.#price(margins, labelled, told),
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
      margins,
      channels,
      outcome: outcomeOf({
        states: this.#states,
        endUs: Math.max(endUs, this.#last),
        channels,
        causes: this.#node.cell.reflex.causes(),
        hazardCodes: this.#hazardCodes,
        entryOf: this.#node.cell.reflex.entryOf,
        reactions: this.#stopsOnceFree() + this.#slowings,
      }),
      nearestMiss: nearestMissOf(margins),
      hazards,
      hazardsFrom: labels === null ? "limits" : "labels",
      firstExceedanceUs: exceeded[0]?.fromUs ?? null,
      kpis: measureKpis(this.#states, hazards),
    };
  }
}
function resultOf(
  { group, channel, series, dangerAbove }: Signal,
  margins: readonly MarginResult[],
): SignalResult {
  const seen = series.count > 0;
  const limit = limitFor(margins, channel, series.unit, dangerAbove);
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
/** The strictest fixed limit that a rule sets for readings of this channel in this unit, if it blocks. */
function limitFor(
  margins: readonly MarginResult[],
  channel: string,
  unit: string,
  above: boolean,
): number | null {
  const limits = margins.flatMap((m) =>
    m.channel === channel && m.unit === unit && m.above === above && m.blocks && m.limit !== null
      ? [m.limit]
      : [],
  );
  if (limits.length === 0) return null;
  return above ? Math.min(...limits) : Math.max(...limits);
}
/** The margin that was nearly used up and was not, as a share of its limit. */
function nearestMissOf(margins: readonly MarginResult[]): ReplayResult["nearestMiss"] {
  let nearest: ReplayResult["nearestMiss"] = null;
  let closest = 0;
  for (const {
    code,
    source,
    channel,
    unit,
    above,
    blocks,
    value,
    limitThen,
    leastLeft,
    leastLeftAtUs,
  } of margins) {
    if (!blocks || leastLeft <= 0) continue;
    const share = usedShare({ above, value, limit: limitThen });
    if (share <= closest) continue;
    closest = share;
    nearest = { code, source, channel, value, limit: limitThen, left: leastLeft, atUs: leastLeftAtUs, unit };
  }
  return nearest;
}
