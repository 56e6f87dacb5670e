import type { Problem } from "../../core/base/problem.ts";
import { err, ok, type Result } from "../../core/base/result.ts";
import type { EnergyModel, EnergyReport } from "../../core/cell/index.ts";
import type { Deployment, Micros } from "../../core/domain/index.ts";
import {
  createFeatureBank,
  FEATURE_FAMILIES,
  type FeatureBank,
  type Frame,
  guardedFamily,
  type GuestFamily,
  type GuestTrouble,
} from "../../core/features/index.ts";
import { copyOfSetting } from "../../core/reflex/index.ts";
import { bindChannels } from "../node.ts";
import { createLearnedEnergy, type FrameSource, type Head, loadHead } from "../../core/risk/index.ts";
import { createKinematics } from "../../core/robot/index.ts";

export type EnergyFactory = (report: EnergyReport) => EnergyModel;
/** Hears a promoted head and the one before it, tick by tick. For people and the watch; the cell never asks it. */
export interface HeadsCompared {
  /** energies as shares of each head's own alarm threshold; null: not known */
  look(t: Micros, now: number | null, before: number | null, tookUs: number): void;
  /** the promoted head has this smell, and the one before it has not */
  smell(code: string, detail: string): void;
  /** it has it no longer */
  smellGone(code: string): void;
}

/**
 * The learned energy of a deployment, from the head that it names; null without one. A head that does not
 * verify is refused here: the node does not start with it.
 */
export function energyOf(
  deployment: Deployment,
  beside: (name: string, key: string) => Result<string, Problem>,
  seed: number,
  urdf?: string,
  compared?: HeadsCompared,
  guests: readonly GuestFamily[] = [],
): Result<EnergyFactory | null, Problem> {
  const { head: name, fallback } = deployment.risk;
  if (name === undefined) return ok(null);
  const makeBank = (trouble: GuestTrouble = () => undefined) =>
    createFeatureBank(
      {
        deployment,
        channels: bindChannels(deployment),
        kinematics: createKinematics(deployment.robot, urdf),
      },
      [...FEATURE_FAMILIES, ...guests.map((guest) => guardedFamily(guest, copyOfSetting, trouble))],
    );
  const { features: made } = makeBank();
  const read = (file: string, key: string): Result<Head, Problem> => {
    const text = beside(file, key);
    return text.ok ? headOf(text.value, file, key, made) : text;
  };
  const head = read(name, "risk.head");
  if (!head.ok) return head;
  const before = fallback === undefined ? null : read(fallback, "risk.fallback");
  if (before?.ok === false) return before;
  return ok((report) => {
    const { bank, features } = withFeatures(makeBank((code, detail) => report(code, true, detail)));
    const model =
      before === null
        ? createLearnedEnergy({ bank, head: head.value, seed, report })
        : createPair({ bank, promoted: head.value, kept: before.value, seed, report, compared });
    return Object.assign(model, { features });
  });
}

function headOf(
  text: string,
  name: string,
  key: string,
  made: FeatureBank["features"],
): Result<Head, Problem> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return err({
      what: `${key}: ${name}: ${(cause as Error).message}`,
      remedy: "restore the head or train one",
    });
  }
  const head = loadHead(json, made);
  if (head.ok) return head;
  return err({
    what: `${key}: ${name}: ${head.error.code}: ${head.error.detail}`,
    remedy: "see `cellgate head verify`; restore the head or train one",
  });
}

interface Pair {
  readonly bank: FrameSource;
  readonly promoted: Head;
  readonly kept: Head;
  readonly seed: number;
  readonly report: EnergyReport;
  readonly compared: HeadsCompared | undefined;
}
/**
 * A promoted head and the one before it, on the same frames. The promoted one speaks until the node says that
 * it was rolled back; that word stands on the tape, so a replay changes over at the same tick.
 */
function createPair({ bank, promoted, kept, seed, report, compared }: Pair): EnergyModel {
  const spoken = new Map<string, string>();
  // smells that are there now, and which of the promoted head's were told
  const smelt = { now: new Map<string, string>(), before: new Set<string>(), told: new Set<string>() };
  let back = false;
  let last: ReturnType<FrameSource["frame"]> | null = null;
  const features = bank.features === undefined ? {} : { features: bank.features };
  const shared: FrameSource = {
    ...features,
    sample: (sample) => bank.sample(sample),
    fault: (event) => bank.fault(event),
    frame: (t) => (last = bank.frame(t)),
    acted: (proposal) => bank.acted(proposal),
  };
  const echo: FrameSource = {
    ...features,
    sample: () => {},
    fault: () => {},
    frame: (t) => last ?? bank.frame(t),
    acted: (proposal) => bank.acted(proposal),
  };
  const now = createLearnedEnergy({
    bank: shared,
    head: promoted,
    seed,
    report: (code, active, detail) => {
      if (SMELLS.has(code)) {
        if (active) smelt.now.set(code, detail);
        else {
          smelt.now.delete(code);
          if (smelt.told.delete(code)) compared?.smellGone(code);
        }
      }
      if (back) return;
      if (active) spoken.set(code, detail);
      else spoken.delete(code);
      report(code, active, detail);
    },
  });
  const before = createLearnedEnergy({
    bank: echo,
    head: kept,
    seed,
    report: (code, active, detail) => {
      if (SMELLS.has(code)) {
        if (active) smelt.before.add(code);
        else smelt.before.delete(code);
      }
      if (back) report(code, active, detail);
    },
  });
  const current = () => (back ? before : now);
  const tellSmells = (): void => {
    for (const [code, detail] of smelt.now) {
      if (smelt.before.has(code) || smelt.told.has(code)) continue;
      smelt.told.add(code);
      compared?.smell(code, detail);
    }
  };
  return {
    get modelHash() {
      return current().modelHash;
    },
    get threshold() {
      return current().threshold;
    },
    sample: (sample) => now.sample(sample),
    fault: (event) => now.fault(event),
    evaluate(t) {
      // the clock is looked at for the watch alone; what is computed does not depend on it
      const from = compared === undefined ? 0 : performance.now();
      const value = now.evaluate(t);
      const tookUs = compared === undefined ? 0 : (performance.now() - from) * 1_000;
      const old = before.evaluate(t);
      if (!back && compared !== undefined) {
        compared.look(t, shareOf(value, now.threshold), shareOf(old, before.threshold), tookUs);
        tellSmells();
      }
      return back ? old : value;
    },
    ofAction: (proposal) => current().ofAction(proposal),
    contributions: () => current().contributions(),
    event(t, code) {
      now.event(t, code);
      before.event(t, code);
    },
    health(code) {
      if (back || !GOES_BACK.has(code)) return;
      back = true;
      for (const [active] of spoken) report(active as Parameters<EnergyReport>[0], false, "rolled back");
    },
  };
}
const SMELLS: ReadonlySet<string> = new Set([
  "VS_UNKNOWN",
  "VS_CONSTANT",
  "VS_MISSED_EVENT",
  "VS_FALSE_ALARMS",
  "VS_BATTERY_OVERFIT",
]);
/** while it runs; what a start finds damaged was never loaded */
const GOES_BACK: ReadonlySet<string> = new Set([
  "ROLLBACK_FALSE_STOPS",
  "ROLLBACK_LATENCY",
  "ROLLBACK_ENERGY_DRIFT",
  "ROLLBACK_SMELL",
]);
const shareOf = (value: number | null, threshold: number): number | null =>
  value === null ? null : value / Math.max(threshold, 1e-12);

/** A bank that also tells people what its last frame held. */
function withFeatures(bank: FeatureBank) {
  let last: Frame | null = null;
  return {
    bank: {
      features: bank.features,
      sample: bank.sample,
      fault: bank.fault,
      frame: (t: number) => (last = bank.frame(t)),
      acted: bank.acted,
    },
    features(): Record<string, number> {
      const found: Record<string, number> = {};
      const frame = last;
      if (frame !== null)
        bank.features.forEach(({ name }, i) => {
          if (frame.present[i] === 1) found[name] = frame.values[i]!;
        });
      return found;
    },
  };
}
