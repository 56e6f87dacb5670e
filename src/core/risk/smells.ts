import { createPrng } from "../base/prng.ts";
import { createRing } from "../base/ring.ts";
import type { Code } from "../domain/index.ts";
import { conformalPValue, createSimpleJumper, shareLowerBound, shareUpperBound } from "../stats/index.ts";
import { type AdaptiveAlarm, createAdaptiveAlarm } from "./adaptive-alarm.ts";
import type { HeadArtefact } from "./artefact.ts";

/** A smell that was noticed or has gone. */
export interface SmellReport {
  (code: Extract<Code, `VS_${string}`>, active: boolean, detail: string): void;
}
/** What the cell does while V_s is looked at: each is ordinary in its own way. */
export type WorkMode = "standing" | "moving";
/** Energies this far apart are treated as independent looks at ordinary operation. */
const LOOK_PERIOD_US = 1_000_000;
const CALIBRATION_KEPT = 512;
const SHIFT_ALPHA = 0.001;
/** Looks at a mode of work before anything is said about it: the cell's own first quarter of an hour in it. */
const REFERENCE_LOOKS = 900;
const WINDOW_LOOKS = 120;
const CONSTANT_SHARE = 1e-3;
/** features must have moved at least this far, in spreads of V_s, before a still V_s is suspicious */
const MOVED_MIN = 1e-3;
const ALARM_MERGE_US = 1_000_000;
const ALARMS_KEPT = 64;
const HOUR_US = 3_600_000_000;
const FALSE_ALARM_FACTOR = 4;
const FALSE_ALARMS_MIN = 4;

/**
 * The ways a learned head goes bad, watched while it runs: it leaves what it was calibrated on, collapses to
 * a constant, misses events, cries wolf, or is good in its battery only. Bounded memory, no clock.
 */
export interface SmellWatch {
  readonly threshold: number;
  /** capital of the shift martingale */
  readonly shift: number;
  readonly events: number;
  readonly misses: number;
  /** `movement`: how far the features have moved since the last tick, in any unit that is 0 when they stand still */
  energy(t: number, value: number, movement: number, mode?: WorkMode): void;
  /**
   * A contact, an emergency stop, a protective stop: something that V_s should have announced. `learned`: the head
   * was trained on such events, so that they count for its promise too.
   */
  event(t: number, what: string, learned?: boolean): void;
}

export function createSmellWatch(artefact: HeadArtefact, seed: number, report: SmellReport): SmellWatch {
  const alarm = createAdaptiveAlarm(artefact.alarm);
  const horizonUs = artefact.horizonMs * 1_000;
  const shifts = {
    moving: createShiftWatch("moving", seed, report),
    standing: createShiftWatch("standing", seed, report),
  };
  const constant = createConstantWatch(artefact, report);
  const wolf = createWolfWatch(artefact, horizonUs, report);
  const field = createFieldWatch(artefact, report);
  let lastAlarm = Number.NEGATIVE_INFINITY;
  let above = false;
  let lastEvent = Number.NEGATIVE_INFINITY;
  return {
    get threshold() {
      return alarm.threshold;
    },
    get shift() {
      return Math.max(shifts.moving.capital(), shifts.standing.capital());
    },
    get events() {
      return alarm.events;
    },
    get misses() {
      return alarm.misses;
    },
    energy(t, value, movement, mode = "moving") {
      const now = value >= alarm.threshold;
      if (now) {
        if (t - lastAlarm > ALARM_MERGE_US) wolf.alarm(t);
        lastAlarm = t;
      }
      if (now !== above)
        report("VS_ALARM", now, `V_s ${value.toPrecision(4)}, threshold ${alarm.threshold.toPrecision(4)}`);
      above = now;
      // risky moments are no part of ordinary operation
      if (t - lastEvent > horizonUs && !now) shifts[mode].look(t, value);
      constant.look(t, value, movement);
      wolf.tick(t);
    },
    event(t, what, learned = true) {
      if (t - lastEvent <= horizonUs) return;
      lastEvent = t;
      const announced = t - lastAlarm <= horizonUs;
      wolf.event(t);
      if (learned) {
        alarm.event(announced);
        field.event(announced, alarm);
      }
      if (!announced)
        report(
          "VS_MISSED_EVENT",
          true,
          `${what} without V_s above ${alarm.threshold.toPrecision(4)} in the ${artefact.horizonMs} ms before`,
        );
    },
  };
}

/**
 * Judges one mode of work against the cell's own beginning in it. A simulated battery is no reference: every real
 * cell differs from it, and a warning that everybody gets is read by nobody.
 */
function createShiftWatch(
  mode: WorkMode,
  seed: number,
  report: SmellReport,
): { look(t: number, value: number): void; capital(): number } {
  const prng = createPrng(seed).split("shift").split(mode);
  const jumper = createSimpleJumper();
  const seen = new Float64Array(2 * CALIBRATION_KEPT);
  let looks = 0;
  let held = 0;
  let lastLook = Number.NEGATIVE_INFINITY;
  let alarmed = false;
  /** an even draw of the first looks, whatever their number */
  const learn = (value: number): void => {
    if (held < CALIBRATION_KEPT) seen[held++] = value;
    else {
      const place = Math.floor(prng.nextFloat() * (looks + 1));
      if (place < CALIBRATION_KEPT) seen[place] = value;
    }
  };
  return {
    capital: () => jumper.capital,
    look(t, value) {
      if (t - lastLook < LOOK_PERIOD_US) return;
      lastLook = t;
      if (looks < REFERENCE_LOOKS) learn(value);
      else {
        // each score joins the calibration after it was judged: only so are the p-values independent
        const capital = jumper.update(conformalPValue(seen.subarray(0, held), value, prng.nextFloat()));
        seen[CALIBRATION_KEPT + ((looks - REFERENCE_LOOKS) % CALIBRATION_KEPT)] = value;
        held = Math.min(seen.length, CALIBRATION_KEPT + looks - REFERENCE_LOOKS + 1);
        if (capital >= 1 / SHIFT_ALPHA && !alarmed) {
          alarmed = true;
          report(
            "VS_SHIFT",
            true,
            `${mode}: martingale ${capital.toPrecision(3)} after ${looks - REFERENCE_LOOKS} looks beyond the first ${REFERENCE_LOOKS}; chance without a shift at most ${SHIFT_ALPHA}`,
          );
        }
      }
      looks++;
    },
  };
}

function createConstantWatch(
  artefact: HeadArtefact,
  report: SmellReport,
): { look(t: number, value: number, movement: number): void } {
  const values = createRing(WINDOW_LOOKS);
  const moves = createRing(WINDOW_LOOKS);
  let lastLook = Number.NEGATIVE_INFINITY;
  let moved = 0;
  let active = false;
  return {
    look(t, value, movement) {
      moved += movement;
      if (t - lastLook < LOOK_PERIOD_US) return;
      lastLook = t;
      values.push(value);
      moves.push(moved);
      moved = 0;
      if (values.length < WINDOW_LOOKS) return;
      const still =
        values.max() - values.min() <= CONSTANT_SHARE * artefact.ordinary.spread && moves.sum > MOVED_MIN;
      if (still !== active)
        report(
          "VS_CONSTANT",
          still,
          `V_s stayed within ${(values.max() - values.min()).toPrecision(3)} over ${WINDOW_LOOKS} looks`,
        );
      active = still;
    },
  };
}

/** Alarms that nothing followed, against what the head was calibrated to raise. */
function createWolfWatch(
  artefact: HeadArtefact,
  horizonUs: number,
  report: SmellReport,
): { alarm(t: number): void; event(t: number): void; tick(t: number): void } {
  const falseAt = createRing(ALARMS_KEPT);
  let pending = -1;
  let active = false;
  const limit = Math.max(
    FALSE_ALARMS_MIN,
    Math.ceil(FALSE_ALARM_FACTOR * artefact.ordinary.falseAlarmsPerHour),
  );
  const inLastHour = (t: number): number => {
    let count = 0;
    for (let age = 0; age < falseAt.length; age++) if (t - falseAt.at(age) <= HOUR_US) count++;
    return count;
  };
  return {
    alarm(t) {
      if (pending < 0) pending = t;
    },
    event() {
      pending = -1;
    },
    tick(t) {
      if (pending >= 0 && t - pending > horizonUs) {
        falseAt.push(pending);
        pending = -1;
      }
      if (falseAt.length === 0) return;
      const count = inLastHour(t);
      const bad = count >= limit || (falseAt.length === ALARMS_KEPT && count === ALARMS_KEPT);
      if (bad !== active)
        report(
          "VS_FALSE_ALARMS",
          bad,
          `${count} alarms in the last hour that nothing followed, limit ${limit}`,
        );
      active = bad;
    },
  };
}

/** Field against battery: misses here, beyond what the battery allows at 95 % on both sides. */
function createFieldWatch(
  artefact: HeadArtefact,
  report: SmellReport,
): { event(announced: boolean, alarm: AdaptiveAlarm): void } {
  const events = artefact.metrics.battery_events ?? artefact.alarm.events;
  const missed =
    artefact.metrics.battery_missed ?? Math.round(artefact.alarm.missRate * artefact.alarm.events);
  const promised = events > 0 ? shareUpperBound(missed, events) : 1;
  let reported = false;
  return {
    event(_announced, alarm) {
      const least = shareLowerBound(alarm.misses, alarm.events);
      if (least <= promised || reported) return;
      reported = true;
      report(
        "VS_BATTERY_OVERFIT",
        true,
        `at least ${(100 * least).toFixed(1)} % of events here come without warning, the battery promised at most ${(100 * promised).toFixed(1)} %`,
      );
    },
  };
}
