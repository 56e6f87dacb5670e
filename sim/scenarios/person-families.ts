import type { Prng } from "../../src/core/base/prng.ts";
import type { Triple } from "../../src/core/physics/index.ts";
import { track } from "../person.ts";
import type { ContactClass } from "../scenario.ts";
import { workPlan } from "../arm-path.ts";
import {
  between,
  type Built,
  type Family,
  GAPS,
  gapOf,
  type Kit,
  outfeedPlan,
  waiting,
  walking,
} from "./kit.ts";

const ALL: readonly ContactClass[] = ["miss", "near", "touch", "collide"];
/** Lane nearest to the robot that a person can walk: the table's edge and half a person. */
const LANE_MIN_M = 0.82;
const LANE_MAX_M = 2.4;
const LANE_END_M = 1.9;

/** A person walks along the outfeed, pauses where the arm is about to reach out, and walks on. */
export function walkBy(kit: Kit, prng: Prng, wanted: ContactClass): Built | null {
  const { plan, placeAtS, place } = outfeedPlan(kit, prng);
  const arriveS = placeAtS - between(prng, 0.5, 1);
  const comeS = Math.min(arriveS, (LANE_END_M * 1.875) / between(prng, 0.9, 1.8));
  const side = prng.nextFloat() < 0.5 ? 1 : -1;
  const along = place[1];
  const pauseY = along + between(prng, -0.1, 0.1);
  const leaveS = placeAtS + between(prng, 0.3, 0.6);
  const lane = (x: number) =>
    walking(
      track(
        [x, along - side * LANE_END_M, 0],
        [arriveS - comeS, arriveS, [x, pauseY, 0]],
        [leaveS, leaveS + comeS, [x, along + side * LANE_END_M, 0]],
      ),
    );
  const x = kit.aim(plan, lane, gapOf(prng, wanted), LANE_MIN_M, LANE_MAX_M);
  return x === null ? null : { arm: plan, person: lane(x), causes: ["person"] };
}

/** Depth for a hand in the way: a touch is reached at the slow end of the arm's move, a collision in its midst. */
const HAND: Readonly<Record<ContactClass, readonly [number, number]>> = {
  miss: GAPS.miss,
  near: GAPS.near,
  touch: [-0.006, -0.002],
  collide: [-0.09, -0.06],
};
/** From the centre of the body to the hand of a stretched arm. */
const ARM_REACH_M = 0.62;
const OUTSIDE_M = 2.25;

/** A person steps up to the outfeed and holds a hand where the tool is about to come. */
function reachIn(kit: Kit, prng: Prng, wanted: ContactClass): Built | null {
  const { plan, placeAtS, place } = outfeedPlan(kit, prng);
  const arriveS = placeAtS - between(prng, 0.3, 0.8);
  const moveS = between(prng, 1.2, 1.8);
  const y = place[1] + between(prng, -0.02, 0.02);
  const z = place[2] + between(prng, 0.02, 0.06);
  const leaveS = placeAtS + 0.5;
  const part = (x: number, offset: number, height: number) =>
    track(
      [OUTSIDE_M + offset, y, height],
      [arriveS - moveS, arriveS, [x + offset, y, height]],
      [leaveS, leaveS + moveS, [OUTSIDE_M + offset, y, height]],
    );
  const reach = (x: number) => ({ body: part(x, ARM_REACH_M, 0), hand: part(x, 0, z) });
  const x = kit.aim(plan, reach, between(prng, ...HAND[wanted]), place[0], OUTSIDE_M - 0.05);
  return x === null ? null : { arm: plan, person: reach(x), causes: ["hand"] };
}

/** A hand that goes the tool's way, faster, and comes to rest right before it. */
function overtakingHand(kit: Kit, prng: Prng, wanted: ContactClass): Built | null {
  const { plan, placeAtS, place } = outfeedPlan(kit, prng);
  const [px, py, pz] = place;
  const endS = placeAtS - between(prng, 0.15, 0.4);
  const moveS = between(prng, 0.9, 1.3);
  const z = pz + between(prng, 0.02, 0.06);
  const from: Triple = [px + 1.3, py - 0.9, z];
  const leaveS = placeAtS + 0.4;
  const cut = (d: number) => {
    const to: Triple = [px + d, py, z];
    const body = (hand: Triple): Triple => [hand[0] + ARM_REACH_M, hand[1] - 0.1, 0];
    return {
      body: track(body(from), [endS - moveS, endS, body(to)], [leaveS, leaveS + moveS, body(from)]),
      hand: track(from, [endS - moveS, endS, to], [leaveS, leaveS + moveS, from]),
    };
  };
  const d = kit.aim(plan, cut, between(prng, ...HAND[wanted]), 0, 1.3);
  return d === null ? null : { arm: plan, person: cut(d), causes: ["hand"] };
}

/** Gap above a hand that lies on the table: below zero the tool presses it. */
const CLAMP: Readonly<Record<ContactClass, readonly [number, number]>> = {
  miss: [0.6, 0.6],
  near: [0.03, 0.12],
  touch: [-0.0022, -0.0012],
  collide: [-0.02, -0.01],
};

/** A hand lies on the table under the tool while it goes down to pick. */
function clamping(kit: Kit, prng: Prng, wanted: ContactClass): Built | null {
  const { table, work, tool, person } = kit.cell;
  const top = table.centreM[2] + table.sizeM[2] / 2;
  const tip = tool.spheres[tool.spheres.length - 1]!;
  const below = tool.lengthM - tip.atM[2] - tip.radiusM;
  const pickZ = top + 2 * person.hand.radiusM - below + between(prng, ...CLAMP[wanted]);
  const waitS = between(prng, 1.4, 1.8);
  const job = workPlan(kit.cell, kit.planner, {
    pick: [work.pick[0], work.pick[1], pickZ],
    pace: between(prng, 0.6, 1),
    dwellMs: 300,
  });
  const downS = waitS + job.stretches[0]!.moveS;
  const hand: Triple = [work.pick[0], work.pick[1], top + person.hand.radiusM];
  const arriveS = downS - between(prng, 0.1, 0.3);
  const moveS = between(prng, 1.2, 1.6);
  const body = (at: Triple): Triple => [at[0] + ARM_REACH_M, at[1] - 0.2, 0];
  const outside: Triple = [OUTSIDE_M, hand[1], 0.3];
  const way = (of: (at: Triple) => Triple) =>
    track(of(outside), [arriveS - moveS, arriveS, of(hand)], [downS + 1.6, downS + 1.6 + moveS, of(outside)]);
  return {
    arm: waiting(job, waitS),
    person: { body: way(body), hand: way((at) => at) },
    causes: ["clamped"],
  };
}

export const PERSON_FAMILIES: readonly Family[] = [
  { name: "walk-by", summary: "a person walks past while the arm reaches out", classes: ALL, build: walkBy },
  {
    name: "reach-in",
    summary: "a hand reaches for the part while the tool is there",
    classes: ALL,
    build: reachIn,
  },
  {
    name: "overtaking-hand",
    summary: "a hand overtakes the tool and cuts in",
    classes: ALL,
    build: overtakingHand,
  },
  {
    name: "clamping",
    summary: "a hand lies on the table under the descending tool",
    classes: ["near", "touch", "collide"],
    build: clamping,
  },
];
