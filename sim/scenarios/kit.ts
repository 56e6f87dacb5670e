import type { Prng } from "../../src/core/base/prng.ts";
import { ArmMotion, type CellDescription, type Triple, ARM_JOINTS } from "../../src/core/physics/index.ts";
import { type ArmPlan, createCursor, createPlanner, type Planner } from "../arm-path.ts";
import { createClearanceMeter } from "../contact.ts";
import { AWAY, createTrackCursor, type PersonPlan, type PersonTrack, standing } from "../person.ts";
import type { Cause, ContactClass, Scenario } from "../scenario.ts";

/** What the families build with. */
export interface Kit {
  readonly cell: CellDescription;
  readonly planner: Planner;
  /** smallest distance of arm and person if both follow their plans */
  clearance(plan: ArmPlan, person: PersonPlan, durationUs: number): number;
  /** the `d` in [low, high] whose clearance is `gapM`; clearance must grow with d. null: none there */
  aim(
    plan: ArmPlan,
    place: (d: number) => PersonPlan,
    gapM: number,
    low: number,
    high: number,
  ): number | null;
}
/** A kind of event: which classes it can end in and how to build one. */
export interface Family {
  readonly name: string;
  readonly summary: string;
  readonly classes: readonly ContactClass[];
  /** null: this draw has no such case; the next draw is taken */
  build(kit: Kit, prng: Prng, wanted: ContactClass): Built | null;
}
export type Built = Partial<Omit<Scenario, "name" | "family" | "seed" | "arm" | "person" | "causes">> & {
  readonly arm: ArmPlan;
  readonly person: PersonPlan;
  readonly causes: readonly Cause[];
};
export const SCENARIO_US = 5_000_000;
const SAMPLE_US = 2_000;
const BISECTIONS = 22;

export function createKit(cell: CellDescription): Kit {
  const motion = new ArmMotion(cell);
  const meter = createClearanceMeter(cell);
  const rest = new Float64Array(ARM_JOINTS);
  const row = new Float64Array(5);
  let known: { plan: ArmPlan; durationUs: number; at: Float64Array } | null = null;
  /** where the spheres are all along the plan; kept for the next question about the same plan */
  const course = (plan: ArmPlan, durationUs: number): Float64Array => {
    if (known?.plan === plan && known.durationUs === durationUs) return known.at;
    const cursor = createCursor(plan);
    const width = motion.spheres.at.length;
    const at = new Float64Array(width * Math.floor(durationUs / SAMPLE_US));
    for (let k = 0; k * width < at.length; k++) {
      cursor.seek((k * SAMPLE_US) / 1e6);
      motion.update(cursor.q, rest, rest);
      at.set(motion.spheres.at, k * width);
    }
    known = { plan, durationUs, at };
    return at;
  };
  const clearance: Kit["clearance"] = (plan, person, durationUs) => {
    const at = course(plan, durationUs);
    const width = motion.spheres.at.length;
    const body = createTrackCursor(person.body);
    const hand = createTrackCursor(person.hand);
    let nearest = Number.MAX_VALUE;
    for (let k = 0; k * width < at.length; k++) {
      body.seek(k * SAMPLE_US);
      hand.seek(k * SAMPLE_US);
      row.set([body.p[0]!, body.p[1]!, hand.p[0]!, hand.p[1]!, hand.p[2]!]);
      motion.spheres.at.set(at.subarray(k * width, (k + 1) * width));
      meter.measure(motion.spheres, row);
      nearest = Math.min(nearest, meter.nearestM);
    }
    return nearest;
  };
  return {
    cell,
    clearance,
    planner: createPlanner(cell),
    aim(plan, place, gapM, low, high) {
      const gap = (d: number): number => clearance(plan, place(d), SCENARIO_US) - gapM;
      if (gap(low) > 0 || gap(high) < 0) return null;
      let [a, b] = [low, high];
      for (let i = 0; i < BISECTIONS; i++) {
        const middle = (a + b) / 2;
        if (gap(middle) < 0) a = middle;
        else b = middle;
      }
      return (a + b) / 2;
    },
  };
}

export const between = (prng: Prng, low: number, high: number): number =>
  low + (high - low) * prng.nextFloat();
export const pickOne = <T>(prng: Prng, list: readonly T[]): T =>
  list[Math.floor(prng.nextFloat() * list.length)]!;

/** A body on its way, the hand held inside its outline. */
export const walking = (body: PersonTrack): PersonPlan => ({
  body,
  hand: {
    ...body,
    start: [body.start[0], body.start[1], HAND_Z],
    moves: body.moves.map((move) => ({ ...move, to: [move.to[0], move.to[1], HAND_Z] as Triple })),
  },
});
const HAND_Z = 0.2;
export const NOBODY: PersonPlan = walking(standing(AWAY));

/** The plan with a wait at its start: the arm stands at home until its part is ready. */
export function waiting(plan: ArmPlan, waitS: number): ArmPlan {
  const wait = { to: plan.from, moveS: WAIT_MOVE_S, pauseS: waitS - WAIT_MOVE_S };
  return { ...plan, stretches: [wait, ...plan.stretches] };
}
const WAIT_MOVE_S = 0.05;
const PLACE_PAUSE_S = 0.25;

/** The short job between home and the outfeed: a wait, then the tool reaches over the edge and comes back. */
export function outfeedPlan(
  kit: Kit,
  prng: Prng,
): { readonly plan: ArmPlan; readonly placeAtS: number; readonly place: Triple } {
  const { home, liftM } = kit.cell.work;
  const pace = between(prng, 0.85, 1);
  const place: Triple = [
    kit.cell.work.place[0],
    kit.cell.work.place[1] + between(prng, -0.1, 0.1),
    kit.cell.work.place[2],
  ];
  const above: Triple = [place[0], place[1], place[2] + liftM];
  const waitS = between(prng, 1.6, 2.1);
  const plan = kit.planner.through(
    [
      { at: home, pauseS: 0.1 },
      { at: above, pauseS: 0 },
      { at: place, pauseS: PLACE_PAUSE_S },
      { at: above, pauseS: 0 },
    ],
    { pace, repeats: true },
  );
  const [over, down] = plan.stretches;
  return {
    plan: waiting(plan, waitS),
    placeAtS: waitS + over!.moveS + down!.moveS + PLACE_PAUSE_S / 2,
    place,
  };
}

/** Gap between arm and body or hand that a class is drawn from. */
export const GAPS: Readonly<Record<ContactClass, readonly [number, number]>> = {
  miss: [0.75, 1.3],
  near: [0.02, 0.35],
  touch: [-0.0035, -0.0015],
  collide: [-0.1, -0.05],
};
export const gapOf = (prng: Prng, wanted: ContactClass): number => between(prng, ...GAPS[wanted]);
