import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SEVERITIES, severityRank } from "../../../src/core/domain/index.ts";
import { humanSpeedMPerS, protectiveSeparationM } from "../../../src/core/reflex/separation.ts";
import { isInside } from "../../../src/core/reflex/seen-point.ts";
import { jointsAt, Rig } from "./rig.ts";

describe("G37 separation", () => {
  test("G37 the six terms of the published vector make 1.15 m", () => {
    expect(protectiveSeparationM(1.6, 1, 0.1, 0.3, (1 * 0.3) / 2, 0.2, 0.05, 0.01)).toBeCloseTo(1.15, 12);
  });
  test("G37 an unknown person walks 1.6 m/s and reaches 2.0 m/s when near", () => {
    expect(humanSpeedMPerS("unknown", 0.5)).toBe(1.6);
    expect(humanSpeedMPerS("unknown", 0.499)).toBe(2.0);
    expect(humanSpeedMPerS(0.8, 0.1)).toBe(0.8);
  });
  test("G37 every term that grows asks for more distance", () => {
    const term = fc.double({ min: 0, max: 3, noNaN: true });
    fc.assert(
      fc.property(
        fc.tuple(term, term, term, term, term, term, term, term),
        fc.integer({ min: 0, max: 7 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (terms, which, more) => {
          const grown = [...terms] as typeof terms;
          grown[which] = grown[which]! + more;
          expect(protectiveSeparationM(...grown)).toBeGreaterThanOrEqual(protectiveSeparationM(...terms));
        },
      ),
      { seed: 37 },
    );
  });

  const channels = {
    near: { quantity: "range", maxAgeMs: 10_000, minRateHz: 12.5 },
    arm: { quantity: "joints", maxAgeMs: 500 },
  } as const;
  const rules = {
    separation: {
      walk: {
        channel: "near",
        intrusionDistanceM: 0.2,
        humanUncertaintyM: 0.05,
        stopping: "linear",
        slowMarginM: 0.3,
      },
    },
  };
  // reaction 20 ms + period 80 ms = 0.1 s, stop time 0.3 s, Zr 0.01 m: the vector again, in a cell
  test("G37 in a cell: stop at the vector's distance, slow before it", () => {
    const rig = new Rig(channels, rules).at(10);
    rig.send("near", [3]);
    rig.send("arm", jointsAt(0.5));
    expect(rig.latched()).toEqual([]);
    rig.send("near", [1.46]);
    expect(rig.active()).not.toContain("SEPARATION_NEAR");
    rig.send("near", [1.44]);
    expect(rig.active()).toContain("SEPARATION_NEAR");
    expect(rig.latched()).toEqual([]);
    rig.send("near", [1.151]);
    expect(rig.latched()).toEqual([]);
    rig.send("near", [1.149]);
    expect(rig.latched()).toEqual(["SEPARATION_LOST"]);
  });
  test("G37 a cancelled motion that slows down evenly takes the way that was measured of it", () => {
    const measured = { separation: { walk: { ...rules.separation.walk, stopping: "deceleration" } } };
    const extra = { robot: { cancel: { delayMs: 100, decelerationMPerS2: 1 } } };
    // 1 m/s: 0.1 s of delay, 1 s of slowing down, 0.6 m of way; 1.6 × (0.1 + 1.1) + 0.1 + 0.6 + 0.26
    const rig = new Rig(channels, measured, { extra }).at(10);
    rig.send("arm", jointsAt(0.5));
    rig.send("near", [2.89]);
    expect(rig.latched()).toEqual([]);
    rig.send("near", [2.87]);
    expect(rig.latched()).toEqual(["SEPARATION_LOST"]);
    const standing = new Rig(channels, measured, { extra }).at(10);
    standing.send("arm", jointsAt(0));
    standing.send("near", [0.59]);
    expect(standing.latched()).toEqual([]);
    standing.send("near", [0.57]);
    expect(standing.latched()).toEqual(["SEPARATION_LOST"]);
    expect(() => new Rig(channels, measured)).toThrow(/robot\.cancel/);
  });
  test("G37 a robot that speeds up trips without a new distance", () => {
    const rig = new Rig(channels, rules).at(10);
    rig.send("arm", jointsAt(0));
    rig.send("near", [1.1]);
    expect(rig.latched()).toEqual([]);
    rig.send("arm", jointsAt(0.5));
    expect(rig.latched()).toEqual(["SEPARATION_LOST"]);
  });
  test("G37 a robot whose motion is not known counts as the fastest there is", () => {
    const rig = new Rig(channels, rules).at(10);
    rig.send("arm", jointsAt(0));
    rig.send("near", [1.2]);
    expect(rig.latched()).toEqual([]);
    rig.after(600);
    rig.send("near", [1.2]);
    expect(rig.latched()).toContain("SEPARATION_LOST");
  });
  test("G37 the measured reaction time is the one that counts", () => {
    const rig = new Rig(channels, rules).at(10);
    rig.send("arm", jointsAt(0.5));
    rig.send("near", [1.3]);
    expect(rig.latched()).toEqual([]);
    rig.health("node", "REACTION_MEASURED", true, "80.0");
    rig.send("near", [1.3]);
    expect(rig.latched()).toEqual(["SEPARATION_LOST"]);
    expect(rig.active()).toContain("REACTION_SLOW");
  });
  test("G37 a measured reaction below the stated one takes no room away", () => {
    const stated = new Rig(channels, rules).at(10);
    const measured = new Rig(channels, rules).at(10);
    measured.health("node", "REACTION_MEASURED", true, "0.5");
    for (const rig of [stated, measured]) rig.send("arm", jointsAt(0.5));
    for (let m = 1.5; m > 1; m -= 0.005) {
      for (const rig of [stated, measured]) rig.send("near", [m]);
      expect(measured.latched()).toEqual(stated.latched());
    }
    expect(stated.latched()).toEqual(["SEPARATION_LOST"]);
  });
  test("G37 a term that is missing, or a scan without its mount, is a mistake in the deployment", () => {
    const without = (key: string) => {
      const walk = { ...rules.separation.walk } as Record<string, unknown>;
      delete walk[key];
      return () => new Rig(channels, { separation: { walk } });
    };
    expect(without("intrusionDistanceM")).toThrow(/intrusionDistanceM/);
    expect(without("humanUncertaintyM")).toThrow(/humanUncertaintyM/);
    expect(() => new Rig({ ...channels, near: { quantity: "scan" } }, rules)).toThrow(/mount/);
  });
  test("G37 a scan measures to the nearest link, not to the joints between them", () => {
    const rig = new Rig(
      {
        fan: { quantity: "scan", angleMinRad: -0.001, angleStepRad: 0.001, minRateHz: 12.5 },
        arm: channels.arm,
      },
      {
        separation: {
          walk: { ...rules.separation.walk, channel: "fan", mount: { xM: 0.5, yM: 5, yawRad: -Math.PI / 2 } },
        },
      },
    ).at(10);
    rig.send("arm", jointsAt(0.5));
    // the arm lies along x; the person stands above the middle of its first link, 1.2 m and then 1.1 m away
    rig.send("fan", [3.8, 3.8, 3.8]);
    expect(rig.latched()).toEqual([]);
    rig.send("fan", [3.8, 3.9, 3.8]);
    expect(rig.latched()).toEqual(["SEPARATION_LOST"]);
  });
});

describe("zones", () => {
  const near = { quantity: "range", maxAgeMs: 10_000 } as const;
  for (const [action, severity] of [
    ["slow", "slow"],
    ["hold", "hold"],
    ["stop", "stop"],
  ] as const)
    test(`H43 ${action} zone trips at once and releases slowly`, () => {
      const rig = new Rig(
        { near },
        { zones: { front: { channel: "near", action, withinM: 1, hysteresisM: 0.2, releaseMs: 300 } } },
      ).feed("near", [2], 50);
      rig.send("near", [0.99]);
      expect(rig.reflex.worst).toBe(severity);
      rig.feed("near", [1.1], 1_000);
      expect(rig.active()).toHaveLength(1);
      rig.feed("near", [1.3], 290);
      expect(rig.active()).toHaveLength(1);
      rig.feed("near", [1.3], 30);
      expect(rig.active()).toEqual([]);
      expect(rig.reflex.worst).toBe(action === "stop" ? "stop" : "none");
    });

  test("a polygon zone sees what lies inside it, and what would if the ray were a little shorter is not yet free", () => {
    const fan = { quantity: "scan", angleMinRad: 0, angleStepRad: 1, minRateHz: 1 } as const;
    const square = [
      [1, -1],
      [2, -1],
      [2, 1],
      [1, 1],
    ];
    const rig = new Rig(
      { fan },
      {
        zones: {
          box: { channel: "fan", action: "hold", polygonM: square, hysteresisM: 0.3, releaseMs: 100 },
        },
      },
    );
    rig.feed("fan", [5, 1.5, 5], 50);
    expect(rig.active()).toEqual([]);
    rig.send("fan", [1.5, 5, 5]);
    expect(rig.active()).toEqual(["ZONE_HOLD"]);
    rig.feed("fan", [2.2, 5, 5], 500);
    expect(rig.active()).toEqual(["ZONE_HOLD"]);
    rig.feed("fan", [2.4, 5, 5], 200);
    expect(rig.active()).toEqual([]);
  });

  test("the words say where: distance and angle of the nearest point in the zone, of a range no angle", () => {
    const fan = { quantity: "scan", angleMinRad: -0.5, angleStepRad: 0.5, minRateHz: 1 } as const;
    const rule = { channel: "fan", action: "stop", withinM: 1 } as const;
    const rig = new Rig(
      { fan, near },
      { zones: { front: rule, side: { channel: "near", action: "stop", withinM: 1 } } },
    );
    rig.feed("fan", [5, 5, 5], 50).feed("near", [5], 50);
    rig.send("fan", [5, 0.9, 0.744]);
    rig.send("near", [0.5]);
    const details = Object.fromEntries(rig.reflex.causes().map((c) => [c.source, c.detail]));
    expect(details["front"]).toBe("seen by fan, 0.74 m at 29°");
    expect(details["side"]).toBe("seen by near, 0.50 m");
  });

  test("even-odd rule against a triangle", () => {
    const triangle = [
      [0, 0],
      [4, 0],
      [0, 4],
    ] as const;
    expect(isInside(triangle, 1, 1)).toBe(true);
    expect(isInside(triangle, 3, 3)).toBe(false);
    expect(isInside(triangle, -1, 1)).toBe(false);
  });
});

describe("monotony", () => {
  test("less distance or more force never lowers the severity", () => {
    const rules = {
      proximity: { hand: { channel: "near", minM: 0.3, slowM: 0.8 } },
      zones: {
        a: { channel: "near", action: "hold", withinM: 0.6 },
        b: { channel: "near", action: "slow", withinM: 1.2 },
      },
      separation: { walk: { channel: "near", intrusionDistanceM: 0.1, humanUncertaintyM: 0.05 } },
      force: { flange: { channel: "wrist", maxForceN: 100, slowForceN: 40 } },
      contact: { touch: { channel: "wrist" } },
    };
    const channels = { near: { quantity: "range" }, wrist: { quantity: "wrench" } } as const;
    const severityOf = (distance: number, newton: number): number => {
      const rig = new Rig(channels, rules).feed("near", [50], 30);
      rig.send("wrist", [0, 0, 0, 0, 0, 0]);
      rig.after(10).send("near", [distance]);
      rig.send("wrist", [newton, 0, 0, 0, 0, 0]);
      return severityRank(rig.reflex.worst);
    };
    const distance = fc.double({ min: 0, max: 5, noNaN: true });
    const newton = fc.double({ min: 0, max: 200, noNaN: true });
    fc.assert(
      fc.property(distance, distance, newton, newton, (d1, d2, f1, f2) => {
        const calm = severityOf(Math.max(d1, d2), Math.min(f1, f2));
        expect(severityOf(Math.min(d1, d2), Math.max(f1, f2))).toBeGreaterThanOrEqual(calm);
      }),
      { seed: 43, numRuns: 150 },
    );
    expect(SEVERITIES[severityOf(5, 0)]).toBe("none");
  });
});
