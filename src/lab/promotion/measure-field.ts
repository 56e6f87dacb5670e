import { type Code, type Deployment, epochMicrosOf, microsOf, seqOf } from "../../core/domain/index.ts";
import type { DeploymentParts, GoodConfig } from "../../node/deployment/index.ts";
import { createFeatureBank } from "../../core/features/index.ts";
import { bindChannels } from "../../node/index.ts";
import {
  adaptProposal,
  type FieldFacts,
  type Measurement,
  type PolicyAdapter,
  type Side,
} from "../../core/promotion/index.ts";
import {
  DEFAULT_KPI_LIMITS,
  type HazardWindow,
  openRecording,
  type OpenRecording,
  runSource,
  type SourceDoor,
} from "../replay/index.ts";
import type { Head } from "../../core/risk/index.ts";
import { createKinematics } from "../../core/robot/index.ts";
import { identityOf } from "./field-recordings.ts";
import { FieldRuler, STEP_US, type Stretch } from "./field-ruler.ts";
import type { RecordedTask } from "./task.ts";

const SEED = 1;
/** windows are still filling */
const SETTLE_US = 300_000;
/** A hazard is answered in time when a stop lies so near its beginning: the mark of a replay's card. */
const ANSWER_US = DEFAULT_KPI_LIMITS.timeToStopS * 1e6;
/** So long after a verdict an action that was let through is taken to move. */
const ACTION_US = 3_000_000;

/** One side: the cell as it is in use, with the channels of the real one. */
export interface FieldSide {
  readonly config: GoodConfig;
  readonly parts: DeploymentParts;
  readonly adapter: PolicyAdapter | null;
}
export interface FieldHeads {
  readonly deployment: Deployment;
  readonly parts: DeploymentParts;
  readonly before: Head | null;
  readonly after: Head;
}
export interface FieldCells {
  /** true: what differs is what becomes of proposed actions */
  readonly judgesActions: boolean;
  readonly before: FieldSide;
  readonly after: FieldSide;
}
/** What one side did. A stretch begins when it said stop and ends when it would have gone on. */
interface Judged {
  readonly stops: readonly Stretch[];
  readonly score: number | null;
  readonly decisions: readonly number[];
}
interface Heard {
  readonly ruler: FieldRuler;
  readonly before: Judged;
  readonly after: Judged;
  readonly stopUs: number;
}
class Unjudgeable extends Error {
  readonly code: Code;
  constructor(code: Code, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** Both sides hear the same recording. What was recorded went its own way: nobody's stop changes it. */
export async function measureRecording(
  task: RecordedTask,
  sides: FieldHeads | FieldCells,
): Promise<Measurement> {
  try {
    const deployment = "deployment" in sides ? sides.deployment : sides.before.config.deployment;
    const open = await opened(task, deployment);
    const heard = "deployment" in sides ? hearHeads(open, sides) : await hearCells(task, open, sides);
    if (heard.ruler.readings === 0) throw silent(open);
    if (identityOf(task.recording.path).sha256 !== task.recording.sha256)
      throw new Unjudgeable("PROMOTION_FIELD_UNREADABLE", "its bytes changed while it was measured");
    return measurementOf(task, open, heard);
  } catch (cause) {
    const code = cause instanceof Unjudgeable ? cause.code : "PROMOTION_FIELD_UNREADABLE";
    return unjudged(task, code, (cause as Error).message);
  }
}

async function opened({ recording }: RecordedTask, deployment: Deployment): Promise<OpenRecording> {
  const open = await openRecording(recording.path, deployment, recording.labels);
  if (!open.ok) throw new Unjudgeable("PROMOTION_FIELD_UNREADABLE", open.error);
  const { cell } = open.value;
  if (cell !== null && cell !== deployment.cell) {
    open.value.source.close();
    throw new Unjudgeable("PROMOTION_FIELD_FOREIGN", `a tape of the cell ${cell}`);
  }
  return open.value;
}
const silent = ({ source }: OpenRecording): Unjudgeable =>
  source.unused.length === 0
    ? new Unjudgeable("PROMOTION_FIELD_EMPTY", "it holds no reading")
    : new Unjudgeable(
        "PROMOTION_FIELD_FOREIGN",
        `no channel of this cell reads any of ${source.unused.slice(0, 5).join(", ")}`,
      );

/** Tells readings to one listener; what else a recording holds is for a whole cell. */
const readingsTo = (sample: SourceDoor["sample"], fault: SourceDoor["fault"] = () => {}): SourceDoor => ({
  sample,
  fault,
  proposal: () => {},
  refusedProposal: () => {},
  health: () => {},
});

/** The numbers of a reading; a row that is lent may be longer. */
const exactly = (row: ArrayLike<number>, count: number): Float64Array =>
  row instanceof Float64Array
    ? row.length === count
      ? row
      : row.subarray(0, count)
    : Float64Array.from(row).subarray(0, count);

function hearHeads({ source }: OpenRecording, { deployment, parts, before, after }: FieldHeads): Heard {
  const bank = createFeatureBank({
    deployment,
    channels: bindChannels(deployment),
    kinematics: createKinematics(deployment.robot, parts.urdf),
  });
  const ruler = new FieldRuler(deployment, parts, source.startMicros);
  const sides = [new HeadListener(before), new HeadListener(after)] as const;
  let seq = 0;
  let due = SETTLE_US;
  const door = readingsTo(
    (channel, row, count, stamp, sourceSeq) => {
      const values = exactly(row, count);
      bank.sample({
        kind: "sample",
        t: source.t,
        seq: seqOf(seq++),
        channel,
        stamp: epochMicrosOf(stamp),
        sourceSeq,
        values,
      });
      ruler.sample(source.t, channel, values, stamp, sourceSeq);
    },
    (channel) => bank.fault({ channel }),
  );
  while (source.next()) {
    for (; due <= source.t; due += STEP_US) {
      const frame = bank.frame(microsOf(due));
      for (const side of sides) side.tick(due, frame);
    }
    source.deliver(door, () => {});
  }
  source.close();
  const [a, b] = sides.map((side) => side.result(due)) as [Judged, Judged];
  return { ruler, before: a, after: b, stopUs: deployment.robot.stopTimeMs * 1_000 };
}

/** What a head would have said all along. */
class HeadListener {
  readonly #head: Head | null;
  readonly #stops: Stretch[] = [];
  #score: number | null = null;
  #since = -1;
  readonly #ticks: [free: number, alarmed: number] = [0, 0];

  constructor(head: Head | null) {
    this.#head = head;
  }
  tick(t: number, frame: Parameters<Head["evaluate"]>[0]): void {
    const head = this.#head;
    const v = head === null ? 0 : head.evaluate(frame);
    // unknown is RED in the cell, so it is an alarm here
    const alarm = head !== null && !(v < head.threshold);
    if (head !== null && v >= 0)
      this.#score = Math.max(this.#score ?? 0, v / Math.max(head.threshold, 1e-12));
    this.#ticks[alarm ? 1 : 0]++;
    if (alarm && this.#since < 0) this.#since = t;
    if (!alarm && this.#since >= 0) this.#close(t);
  }
  #close(t: number): void {
    this.#stops.push({ fromUs: this.#since, toUs: t });
    this.#since = -1;
  }
  result(endUs: number): Judged {
    if (this.#since >= 0) this.#close(endUs);
    // a head that never knew anything of this recording was silent, not unreadable
    const score = this.#head === null ? null : (this.#score ?? 0);
    return { stops: this.#stops, score, decisions: [...this.#ticks] };
  }
}

async function hearCells(task: RecordedTask, open: OpenRecording, sides: FieldCells): Promise<Heard> {
  const { config, parts } = sides.before;
  const { deployment } = config;
  const { source } = open;
  const ruler = new FieldRuler(deployment, parts, source.startMicros);
  const toRuler = readingsTo((channel, row, count, stamp, sourceSeq) =>
    ruler.sample(source.t, channel, exactly(row, count), stamp, sourceSeq),
  );
  while (source.next()) source.deliver(toRuler, () => {});
  source.close();
  const before = await judgedBy(task, sides.before, sides.judgesActions);
  const after = await judgedBy(task, sides.after, sides.judgesActions);
  return { ruler, before, after, stopUs: deployment.robot.stopTimeMs * 1_000 };
}

async function judgedBy(task: RecordedTask, side: FieldSide, actions: boolean): Promise<Judged> {
  const { config, parts, adapter } = side;
  const { source } = await opened(task, config.deployment);
  const result = await runSource(source, {
    config,
    parts,
    seed: SEED,
    version: "promotion",
    labels: null,
    operator: true,
    out: null,
    ...(adapter !== null && { adapt: (raw: unknown) => adaptProposal(adapter, raw) }),
  });
  source.close();
  const blocked = result.states.filter((span) => span.blocked);
  if (actions && result.verdicts.length > 0)
    return {
      stops: stillBetween(
        result.verdicts.filter((v) => v.verdict !== "RED").map((v) => v.tUs),
        blocked,
        result.spanUs,
      ),
      score: null,
      decisions: ["GREEN", "YELLOW", "RED"].map((v) => result.verdictCounts[v] ?? 0),
    };
  const ms = (fits: (state: string) => boolean): number =>
    Math.round(result.states.reduce((sum, s) => sum + (fits(s.state) ? s.toUs - s.fromUs : 0), 0) / 1_000);
  const decisions = [
    ms((s) => s === "RUNNING"),
    ms((s) => s === "SLOW"),
    ms((s) => !["RUNNING", "SLOW", "STOPPED"].includes(s)),
    ms((s) => s === "STOPPED"),
  ];
  return { stops: blocked, score: null, decisions };
}

/** Where proposed actions are what moves, the cell stands but for a while after each that was let through. */
function stillBetween(permits: readonly number[], blocked: readonly Stretch[], endUs: number): Stretch[] {
  const still: Stretch[] = [];
  let from = 0;
  for (const t of permits) {
    if (blocked.some((b) => b.fromUs <= t && t < b.toUs)) continue;
    if (t > from) still.push({ fromUs: from, toUs: t });
    const stop = blocked.find((b) => b.fromUs > t)?.fromUs ?? Number.POSITIVE_INFINITY;
    from = Math.max(from, Math.min(t + ACTION_US, stop));
  }
  if (from < endUs) still.push({ fromUs: from, toUs: endUs });
  return still;
}

function measurementOf(task: RecordedTask, open: OpenRecording, heard: Heard): Measurement {
  const { ruler, before, after, stopUs } = heard;
  const hazards = (open.labels ?? ruler.windows()).filter((w) => w.toUs > SETTLE_US + ANSWER_US);
  const answered = (of: Judged) => hazards.filter((w) => answers(of.stops, w));
  const [a, b] = [answered(before), answered(after)];
  const side = (of: Judged, mine: readonly HazardWindow[], other: readonly HazardWindow[]): Side => ({
    energy: ruler.worstOutside(standing(of.stops, stopUs)),
    score: of.score,
    stopped: of.stops.some((s) => s.fromUs > SETTLE_US),
    // what the other side answered and this one did not is missed; what nobody sees is no test of either
    inTime: other.every((w) => mine.includes(w)),
    decisions: of.decisions,
    violations: mine.length < hazards.length ? { "hazard not answered": hazards.length - mine.length } : {},
  });
  const labelled = open.labels !== null;
  const facts: FieldFacts = {
    sha256: task.recording.sha256,
    seconds: open.source.spanUs / 1e6,
    readings: ruler.readings,
    hazards: hazards.length,
    hazardsFrom: labelled ? "labels" : "limits",
    missedByBoth: hazards.filter((w) => !a.includes(w) && !b.includes(w)).length,
    absent: open.source.absent,
    damage: open.damage(),
    trouble: null,
  };
  return {
    ...frameOf(task),
    hard: labelled && a.length > 0,
    risky: hazards.length > 0,
    baseline: side(before, a, []),
    candidate: side(after, b, a),
    field: facts,
  };
}
/** A stop is worth something once the arm stands. */
const standing = (stops: readonly Stretch[], stopUs: number): Stretch[] =>
  stops.map(({ fromUs, toUs }) => ({ fromUs: fromUs + stopUs, toUs })).filter((s) => s.toUs > s.fromUs);
const answers = (stops: readonly Stretch[], { fromUs, toUs }: Stretch): boolean =>
  stops.some((s) => s.toUs > fromUs - ANSWER_US && s.fromUs <= Math.min(toUs, fromUs + ANSWER_US));

const frameOf = ({ name, family, set, sampled }: RecordedTask) => ({ scenario: name, family, set, sampled });
const NOTHING: Side = {
  energy: 0,
  score: null,
  stopped: false,
  inTime: true,
  decisions: [],
  violations: {},
};
function unjudged(task: RecordedTask, code: Code, detail: string): Measurement {
  return {
    ...frameOf(task),
    hard: false,
    risky: false,
    baseline: NOTHING,
    candidate: NOTHING,
    field: {
      sha256: task.recording.sha256,
      seconds: 0,
      readings: 0,
      hazards: 0,
      hazardsFrom: "limits",
      missedByBoth: 0,
      absent: [],
      damage: null,
      trouble: { code, detail },
    },
  };
}
