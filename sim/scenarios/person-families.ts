import type { Prng } from "../../src/base/prng.ts";
import type { Triple } from "../cell.ts";
import { standing, track } from "../person.ts";
import { type ContactClass } from "../scenario.ts";
import { workPlan } from "../arm-path.ts";
import { between, type Built, type Family, gapOf, type Kit, outfeedPlan, walking } from "./kit.ts";

const ALL: readonly ContactClass[] = ["miss", "near", "touch", "collide"];
/** Lane nearest to the robot that a person can walk: the table's edge and half a person. */
const LANE_MIN_M = 0.82;
const LANE_MAX_M = 2.4;
const LANE_END_M = 1.9;

/** A person walks past the outfeed while the arm reaches out. */
export function walkBy(kit: Kit, prng: Prng, wanted: ContactClass): Built | null {
  const { plan, placeAtS } = outfeedPlan(kit, between(prng, 0.85, 1), between(prng, -0.1, 0.1));
  const passAtS = Math.min(placeAtS + between(prng, -0.35, 0.35), 4.2);
  const lengthS = (2 * LANE_END_M * 1.875) / between(prng, 0.9, 1.8);
  const side = prng.nextFloat() < 0.5 ? 1 : -1;
  const along = kit.cell.work.place[1];
  const lane = (x: number) =>
    walking(
      track(
        [x, along - side * LANE_END_M, 0],
        [passAtS - lengthS / 2, passAtS + lengthS / 2, [x, along + side * LANE_END_M, 0]],
      ),
    );
  const x = kit.aim(plan, lane, gapOf(prng, wanted), LANE_MIN_M, LANE_MAX_M);
  return x === null ? null : { arm: plan, person: lane(x), causes: ["person"] };
}

/** How deep and how fast a hand goes: a touch arrives slowly, a collision at full speed. */
const HAND: Readonly<
  Record<
    ContactClass,
    { readonly gapM: readonly [number, number]; readonly moveS: readonly [number, number] }
  >
> = {
  miss: { gapM: [0.25, 0.4], moveS: [0.5, 0.9] },
  near: { gapM: [0.02, 0.14], moveS: [0.5, 0.9] },
  touch: { gapM: [-0.006, -0.002], moveS: [0.8, 1.1] },
  collide: { gapM: [-0.09, -0.06], moveS: [0.38, 0.5] },
};

/** A person at the outfeed reaches for the part while the tool is there. */
function reachIn(kit: Kit, prng: Prng, wanted: ContactClass): Built | null {
  const { plan, placeAtS } = outfeedPlan(kit, between(prng, 0.85, 1), between(prng, -0.1, 0.1));
  const moveS = between(prng, ...HAND[wanted].moveS);
  const arriveS = placeAtS + between(prng, -0.08, 0.08);
  const y = kit.cell.work.place[1] + between(prng, -0.05, 0.05);
  const z = kit.cell.work.place[2] + between(prng, 0.02, 0.1);
  const start: Triple = [1.45, y, z];
  const body = standing([1.7, y, 0]);
  const reach = (x: number) => ({
    body,
    hand: track(start, [arriveS - moveS, arriveS, [x, y, z]], [arriveS + 0.1, arriveS + 0.8, start]),
  });
  const x = kit.aim(plan, reach, between(prng, ...HAND[wanted].gapM), 0.75, 1.44);
  return x === null ? null : { arm: plan, person: reach(x), causes: ["hand"] };
}

/** A hand that goes the tool's way, faster, and cuts in before it. */
function overtakingHand(kit: Kit, prng: Prng, wanted: ContactClass): Built | null {
  const { plan, placeAtS } = outfeedPlan(kit, between(prng, 0.85, 1), between(prng, -0.1, 0.1));
  const [px, py, pz] = kit.cell.work.place;
  const slow = wanted === "touch";
  const endS = placeAtS + between(prng, -0.15, 0.1);
  const moveS = slow ? between(prng, 1, 1.3) : between(prng, 0.45, 0.7);
  const z = pz + between(prng, 0.08, 0.14);
  const from: Triple = [px + 0.5, py - 0.75, z];
  const body = standing([1.75, py - 0.2, 0]);
  const cut = (d: number) => ({
    body,
    hand: track(
      from,
      [endS - moveS, endS, [px + d, py + (slow ? -0.02 : 0.25), z]],
      [endS + 0.15, endS + 0.9, from],
    ),
  });
  const d = kit.aim(plan, cut, between(prng, ...HAND[wanted].gapM), -0.1, 0.7);
  return d === null ? null : { arm: plan, person: cut(d), causes: ["hand"] };
}

/** Gap above a hand that lies on the table: below zero the tool presses it. */
const CLAMP: Readonly<Record<ContactClass, readonly [number, number]>> = {
  miss: [0.22, 0.24],
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
  const plan = workPlan(kit.cell, kit.planner, {
    pick: [work.pick[0], work.pick[1], pickZ],
    pace: between(prng, 0.6, 1),
    dwellMs: 300,
  });
  const downS = plan.stretches[0]!.moveS;
  const hand: Triple = [work.pick[0], work.pick[1], top + person.hand.radiusM];
  const home: Triple = [hand[0] + 0.75, hand[1] - 0.1, 0.3];
  const arriveS = downS - between(prng, 0.1, 0.3);
  return {
    arm: plan,
    person: {
      body: standing([hand[0] + 0.75, hand[1] - 0.1, 0]),
      hand: track(home, [Math.max(0, arriveS - 0.6), arriveS, hand], [downS + 2.2, downS + 3, home]),
    },
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
    classes: ALL,
    build: clamping,
  },
];
