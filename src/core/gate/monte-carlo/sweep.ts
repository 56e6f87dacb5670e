import { cos, sin } from "../../base/math.ts";
import { type ArmChain, FAR_M } from "../../robot/index.ts";
import { angleAt, extremeAt, fastest, type Motion, rateAt } from "../motion.ts";
import {
  type MovingBody,
  movingBody,
  movingBodyOf,
  phasesOf,
  type TypedChain,
  typedChain,
} from "./arm-chain.ts";
import { BoxesAround } from "./boxes-around.ts";
import { BOUND, boundMotion, reachesOf } from "./bounds.ts";

/**
 * What the nominal motion does between its rows, as bounds that hold at every moment. Entry k is about the
 * time from row k − 1 to row k; entry 0 is 0. Trials add these to what they see at their rows.
 */
export interface Sweep {
  /** false: the work allowed did not suffice, and nothing here may be relied on */
  readonly resolved: boolean;
  /** of each joint at any moment */
  readonly lowestRad: readonly number[];
  readonly highestRad: readonly number[];
  /** fastest joint, share of its limit */
  readonly pace: readonly number[];
  /** by how much the tool, and the fastest part of the arm, exceed their mean speed from row to row */
  readonly toolExcess: readonly number[];
  readonly partExcess: readonly number[];
  readonly accelExcess: readonly number[];
  /** farthest that a point of the arm is from the straight way between its places in the two rows */
  readonly offM: readonly number[];
  /** smallest distance of a link's surface to a forbidden box */
  readonly clearM: readonly number[];
  /** by how much it is smaller than in row k */
  readonly dipM: readonly number[];
}
export interface SweepSetting {
  readonly chain: ArmChain;
  readonly linkRadiiM: readonly number[];
  /** 6 per box: lower and upper corner */
  readonly forbidden: readonly number[];
  readonly maxRadPerS: readonly number[];
  readonly steps: number;
}

/** Poses looked at for one motion. A motion of 30 s with all limits used up at every moment takes about a third. */
export const SWEEP_WORK_MAX = 8_192;

/** Bounds are made tight until what is unknown is below these. */
const OFF_M = 0.002;
const SPEED_M_PER_S = 0.01;
const ACCEL_M_PER_S2 = 1;
const ACCEL_SHARE = 0.1;
export const sweepOf = (motion: Motion, setting: SweepSetting): Sweep => new Sweeper(motion, setting).run();

const ROWS = ["pace", "tool", "part", "accel", "off", "clear", "dip"] as const;
type Row = (typeof ROWS)[number];

class Sweeper {
  readonly #motion: Motion;
  readonly #steps: number;
  readonly #dtS: number;
  readonly #limits: readonly number[];
  readonly #chain: TypedChain;
  readonly #phases: Float64Array;
  readonly #reaches: Float64Array;
  readonly #boxes: BoxesAround;
  readonly #now: MovingBody;
  /** piece and time of the pose in #now */
  #nowPiece = -1;
  #nowS = -1;
  readonly #bounds = new Float64Array(2);
  readonly #span = { from: 0, to: 0 };
  readonly #rowBody: Float64Array;
  readonly #nextBody: Float64Array;
  readonly #speedsBefore: Float64Array;
  /** tool's mean velocity over the last row */
  readonly #chord = new Float64Array(3);
  #work = SWEEP_WORK_MAX;
  readonly #rows: Readonly<Record<Row, Float64Array>>;

  constructor(motion: Motion, setting: SweepSetting) {
    const { steps, chain } = setting;
    this.#motion = motion;
    this.#steps = steps;
    this.#dtS = motion.atS[motion.pieces]! / (steps - 1);
    this.#limits = setting.maxRadPerS;
    this.#chain = typedChain(chain);
    this.#phases = phasesOf(chain);
    this.#reaches = reachesOf(this.#chain);
    this.#now = movingBody(motion.joints);
    this.#boxes = new BoxesAround(setting, motion.joints, (piece, at, into) => this.#pose(into, piece, at));
    const size = this.#now.body.length;
    this.#rowBody = new Float64Array(size);
    this.#nextBody = new Float64Array(size);
    this.#speedsBefore = new Float64Array(size);
    const row = (): Float64Array => new Float64Array(steps);
    this.#rows = {
      pace: row(),
      tool: row(),
      part: row(),
      accel: row(),
      off: row(),
      clear: row(),
      dip: row(),
    };
  }

  run(): Sweep {
    const { atS, pieces } = this.#motion;
    let piece = 0;
    this.#goTo(0, 0);
    this.#rowBody.set(this.#now.body);
    this.#rows.clear[0] = this.#boxes.begin(this.#now.body);
    for (let k = 1; k < this.#steps && this.#work > 0; k++) {
      const begin = (k - 1) * this.#dtS;
      const end = k === this.#steps - 1 ? atS[pieces]! : k * this.#dtS;
      this.#rows.clear[k] = FAR_M;
      let single = true;
      if (piece < pieces - 1 && atS[piece + 1]! < end) {
        single = false;
        this.#lookAhead(end, piece);
      }
      for (let from = begin; from < end && this.#work > 0; ) {
        const to = piece < pieces - 1 ? Math.min(end, atS[piece + 1]!) : end;
        if (to > from) this.#part(k, piece, from, to, single);
        from = Math.max(from, to);
        if (piece < pieces - 1 && to === atS[piece + 1]!) piece++;
      }
      this.#closeRow(k);
    }
    return this.#result();
  }

  /** One stretch of one piece: as many moments as it takes until the bounds between them are tight. */
  #part(k: number, piece: number, from: number, to: number, single: boolean): void {
    const motion = this.#motion;
    const span = this.#span;
    span.from = from - motion.atS[piece]!;
    span.to = to - motion.atS[piece]!;
    boundMotion(motion, piece, span, this.#chain, this.#reaches, this.#bounds);
    for (let j = 0; j < motion.joints; j++) {
      const rate = fastest(motion.powers, 4 * (piece * motion.joints + j), span.from, span.to);
      this.#raise("pace", k, rate / this.#limits[j]!);
    }
    const accel = this.#bounds[BOUND.accel]!;
    const length = to - from;
    const count = momentsFor(length, accel, this.#bounds[BOUND.jerk]!);
    // written so that NaN is too much
    if (!(2 * count < this.#work)) {
      this.#work = 0;
      return;
    }
    const straight = single && length * length * accel <= 8 * OFF_M;
    if (single && !straight) this.#lookAhead(to, piece);
    this.#beginPart(k, piece, from);
    const step = length / count;
    const room = (step * step * accel) / 8;
    if (straight) this.#raise("off", k, (length * length * accel) / 8);
    let off = straight ? 0 : this.#offChord(k, from);
    for (let i = 1; i <= count; i++) {
      const at = i === count ? to : from + step * i;
      this.#stretch(k, piece, at, step);
      if (straight) continue;
      const next = this.#offChord(k, at);
      this.#raise("off", k, Math.max(off, next) + room);
      off = next;
    }
    this.#speedsBefore.set(this.#now.speeds);
  }

  /** A piece begins: its speeds may differ from those that the one before ended with. */
  #beginPart(k: number, piece: number, from: number): void {
    if (this.#nowPiece === piece && this.#nowS === from) return;
    this.#goTo(piece, from);
    if (from > 0) this.#raise("accel", k, this.#change() / this.#dtS);
    this.#speedsBefore.set(this.#now.speeds);
  }

  /** From the pose at hand to the one at this time: speeds, acceleration and clearance on the way. */
  #stretch(k: number, piece: number, at: number, step: number): void {
    const { speeds, body } = this.#now;
    const jerk = this.#bounds[BOUND.jerk]!;
    const room = (step * step * jerk) / 8;
    const fromPart = fastestPoint(speeds);
    const fromTool = toolSpeed(speeds);
    this.#speedsBefore.set(speeds);
    this.#goTo(piece, at);
    const part = Math.max(fromPart, fastestPoint(speeds)) + room;
    this.#raise("part", k, part);
    this.#raise("tool", k, Math.max(fromTool, toolSpeed(speeds)) + room);
    this.#raise("accel", k, this.#change() / step + (step * jerk) / 2);
    const clear = this.#boxes.move(body, piece, at - step, at, part);
    if (clear < this.#rows.clear[k]!) this.#rows.clear[k] = clear;
  }

  #lookAhead(end: number, piece: number): void {
    const { atS, pieces } = this.#motion;
    let last = piece;
    while (last < pieces - 1 && atS[last + 1]! < end) last++;
    this.#goTo(last, end);
    this.#nextBody.set(this.#now.body);
  }

  /** What the row's mean speeds say already is not counted twice. */
  #closeRow(k: number): void {
    const rows = this.#rows;
    const { body } = this.#now;
    const { tool, part, change } = this.#means();
    rows.tool[k] = Math.max(0, rows.tool[k]! - tool);
    rows.part[k] = Math.max(0, rows.part[k]! - part);
    rows.accel[k] = Math.max(0, rows.accel[k]! - change / this.#dtS);
    rows.dip[k] = Math.max(0, this.#boxes.clear - rows.clear[k]!);
    this.#rowBody.set(body);
  }
  #means(): { tool: number; part: number; change: number } {
    const { body } = this.#now;
    let most = 0;
    let last = 0;
    for (let at = 0; at < body.length; at += 3) {
      let sum = 0;
      for (let i = 0; i < 3; i++) {
        const way = body[at + i]! - this.#rowBody[at + i]!;
        sum += way * way;
      }
      last = Math.sqrt(sum) / this.#dtS;
      most = Math.max(most, last);
    }
    let change = 0;
    const tool = body.length - 3;
    for (let i = 0; i < 3; i++) {
      const speed = (body[tool + i]! - this.#rowBody[tool + i]!) / this.#dtS;
      change += (speed - this.#chord[i]!) * (speed - this.#chord[i]!);
      this.#chord[i] = speed;
    }
    return { tool: last, part: most, change: Math.sqrt(change) };
  }

  #goTo(piece: number, at: number): void {
    this.#pose(this.#now, piece, at);
    this.#nowPiece = piece;
    this.#nowS = at;
  }
  #pose(into: MovingBody, piece: number, at: number): boolean {
    if (--this.#work <= 0) return false;
    const { joints, powers, atS } = this.#motion;
    const u = at - atS[piece]!;
    for (let j = 0; j < joints; j++) {
      const from = 4 * (piece * joints + j);
      const angle = angleAt(powers, from, u) + this.#phases[j]!;
      into.sines[j] = sin(angle);
      into.cosines[j] = cos(angle);
      into.rates[j] = rateAt(powers, from, u);
    }
    movingBodyOf(this.#chain, into);
    return true;
  }

  #offChord(k: number, at: number): number {
    const share = Math.min(1, Math.max(0, at / this.#dtS - (k - 1)));
    const { body } = this.#now;
    let most = 0;
    for (let p = 0; p < body.length; p += 3) {
      let sum = 0;
      for (let i = p; i < p + 3; i++) {
        const from = this.#rowBody[i]!;
        const off = body[i]! - from - (this.#nextBody[i]! - from) * share;
        sum += off * off;
      }
      most = Math.max(most, sum);
    }
    return Math.sqrt(most);
  }

  /** how much the tool's velocity differs from the one kept */
  #change(): number {
    const { speeds } = this.#now;
    const at = speeds.length - 3;
    let sum = 0;
    for (let i = at; i < at + 3; i++) {
      const change = speeds[i]! - this.#speedsBefore[i]!;
      sum += change * change;
    }
    return Math.sqrt(sum);
  }
  #raise(row: Row, k: number, value: number): void {
    const values = this.#rows[row];
    // written so that NaN stays and is seen
    if (!(value <= values[k]!)) values[k] = value;
  }

  #result(): Sweep {
    const { joints, pieces, powers, atS } = this.#motion;
    const lowestRad = new Array<number>(joints).fill(Number.MAX_VALUE);
    const highestRad = new Array<number>(joints).fill(-Number.MAX_VALUE);
    for (let i = 0; i < pieces; i++)
      for (let j = 0; j < joints; j++) {
        const at = 4 * (i * joints + j);
        const length = atS[i + 1]! - atS[i]!;
        const low = angleAt(powers, at, extremeAt(powers, at, 0, length, -1));
        const high = angleAt(powers, at, extremeAt(powers, at, 0, length, 1));
        lowestRad[j] = Math.min(lowestRad[j]!, low);
        highestRad[j] = Math.max(highestRad[j]!, high);
      }
    const { pace, tool, part, accel, off, clear, dip } = this.#rows;
    const finite = ROWS.every((name) => this.#rows[name].every(Number.isFinite));
    return {
      resolved: this.#work > 0 && finite,
      lowestRad,
      highestRad,
      pace: Array.from(pace),
      toolExcess: Array.from(tool),
      partExcess: Array.from(part),
      accelExcess: Array.from(accel),
      offM: Array.from(off),
      clearM: Array.from(clear),
      dipM: Array.from(dip),
    };
  }
}

/** Stretches of even length, so short that the bounds over each are tight. */
const momentsFor = (length: number, accel: number, jerk: number): number =>
  Math.max(
    1,
    Math.ceil(
      length *
        Math.max(
          Math.sqrt(accel / (8 * OFF_M)),
          Math.sqrt(jerk / (8 * SPEED_M_PER_S)),
          jerk / (2 * (ACCEL_M_PER_S2 + ACCEL_SHARE * accel)),
        ),
    ),
  );

const speedAt = (speeds: Float64Array, at: number): number =>
  Math.sqrt(
    speeds[at]! * speeds[at]! + speeds[at + 1]! * speeds[at + 1]! + speeds[at + 2]! * speeds[at + 2]!,
  );
const toolSpeed = (speeds: Float64Array): number => speedAt(speeds, speeds.length - 3);
/** On a stiff link nothing is faster than the faster one of its ends. */
function fastestPoint(speeds: Float64Array): number {
  let most = 0;
  for (let at = 0; at < speeds.length; at += 3) most = Math.max(most, speedAt(speeds, at));
  return most;
}
