import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BODY_REGIONS,
  type BodyRegion,
  type PflLimits,
  pflLimitsSchema,
} from "../../../src/core/domain/index.ts";
import { contactLimitsOf } from "../../../src/core/reflex/pfl.ts";
import { TABLE } from "./pfl-table.ts";
import { jointsAt, Rig } from "./rig.ts";

const speed = (region: BodyRegion, robotKg: number, kind: "quasi_static" | "transient"): number =>
  contactLimitsOf(TABLE, [region], robotKg, kind).speedMPerS;

describe("G38 limits of contact", () => {
  test("G38 speed vectors for an effective mass of 10 and 20 kg", () => {
    const vectors: [BodyRegion, number, number, number | null][] = [
      ["hand_finger", 10, 0.679, 1.359],
      ["lower_arm_wrist", 10, 0.62, 1.239],
      ["chest", 10, 0.313, 0.626],
      ["lower_leg", 10, 0.179, 0.357],
      ["face", 10, 0.136, null],
      ["hand_finger", 20, 0.67, 1.34],
      ["chest", 20, 0.242, 0.485],
    ];
    for (const [region, kg, quasiStatic, transient] of vectors) {
      expect(speed(region, kg, "quasi_static")).toBeCloseTo(quasiStatic, 3);
      if (transient !== null) expect(speed(region, kg, "transient")).toBeCloseTo(transient, 3);
      else expect(contactLimitsOf(TABLE, [region], kg, "transient").transientN).toBeNull();
    }
  });

  test("G38 a heavier robot is never allowed to be faster, more regions never more", () => {
    const regions = fc.uniqueArray(fc.constantFrom(...BODY_REGIONS), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        regions,
        fc.constantFrom(...BODY_REGIONS),
        fc.double({ min: 1, max: 500, noNaN: true }),
        fc.double({ min: 0.1, max: 500, noNaN: true }),
        (some, one, kg, more) => {
          const light = contactLimitsOf(TABLE, some, kg, "quasi_static");
          expect(contactLimitsOf(TABLE, some, kg + more, "quasi_static").speedMPerS).toBeLessThan(
            light.speedMPerS,
          );
          const wider = contactLimitsOf(TABLE, [...some, one], kg, "quasi_static");
          expect(wider.speedMPerS).toBeLessThanOrEqual(light.speedMPerS);
          expect(wider.quasiStaticN).toBeLessThanOrEqual(light.quasiStaticN);
        },
      ),
      { seed: 38 },
    );
  });

  test("G38 a table that permits transient contact with the head is refused", () => {
    const bad = {
      ...TABLE,
      regions: { ...TABLE.regions, face: { ...TABLE.regions.face, transientFactor: 2 } },
    };
    expect(pflLimitsSchema.safeParse(bad).success).toBe(false);
  });
});

const channels = {
  wrist: { quantity: "wrench", maxAgeMs: 10_000 },
  arm: { quantity: "joints", maxAgeMs: 10_000 },
} as const;
const own = (more: object = {}) => ({
  pfl: {
    channel: "wrist",
    limitsFile: "x.json",
    publicKey: "0".repeat(64),
    edition: "test edition",
    regions: ["hand_finger"],
    ...more,
  },
});
const rigOf = (more: object = {}, table: PflLimits | undefined = TABLE): Rig =>
  new Rig(channels, own(more), table === undefined ? {} : { pflLimits: table }).at(10);
const push = (rig: Rig, newton: number, ms: number): void => {
  for (let i = 0; i < ms; i += 5) rig.after(5).send("wrist", [newton, 0, 0, 0, 0, 0]);
};

describe("G38 contact", () => {
  test("G38 transient force is allowed for half a second, clamping is not", () => {
    const rig = rigOf();
    push(rig, 200, 480);
    expect(rig.latched()).toEqual([]);
    push(rig, 200, 40);
    expect(rig.latched()).toEqual(["PFL_QUASI_STATIC"]);
  });
  test("G38 above the transient limit is a stop at once", () => {
    const rig = rigOf();
    rig.send("wrist", [281, 0, 0, 0, 0, 0]);
    expect(rig.latched()).toEqual(["PFL_TRANSIENT"]);
  });
  test("G38 face or skull: any contact stops, however light the limits of the others", () => {
    for (const head of ["face", "skull_forehead"]) {
      const rig = rigOf({ regions: ["hand_finger", head] });
      push(rig, 9, 100);
      expect(rig.latched()).toEqual([]);
      rig.send("wrist", [11, 0, 0, 0, 0, 0]);
      expect(rig.latched()).toEqual(["PFL_HEAD_CONTACT"]);
    }
  });
  test("G38 too fast for the weakest region stops, and only near a person when presence is known", () => {
    // two links of one metre stretched out: 0.5 rad/s at the first joint is 1 m/s at the tool
    const rig = rigOf();
    rig.send("arm", jointsAt(0.3));
    expect(rig.latched()).toEqual([]);
    rig.send("arm", jointsAt(0.5));
    expect(rig.latched()).toEqual(["PFL_SPEED"]);

    const roomy = new Rig(
      { ...channels, near: { quantity: "range", maxAgeMs: 10_000 } },
      own({ presence: { channel: "near", withinM: 2 } }),
      { pflLimits: TABLE },
    ).at(10);
    roomy.send("near", [3]);
    roomy.send("arm", jointsAt(0.5));
    expect(roomy.latched()).toEqual([]);
    roomy.send("near", [1.9]);
    expect(roomy.latched()).toEqual(["PFL_SPEED"]);
  });
  test("G38 without a verified table, or with another edition than confirmed, the cell does not start", () => {
    const none = new Rig(channels, own()).at(100);
    expect(none.latched()).toEqual(["PFL_TABLE_UNUSABLE"]);
    expect(none.reflex.reset().ok).toBe(false);
    const other = rigOf({ edition: "another edition" });
    expect(other.latched()).toEqual(["PFL_TABLE_UNUSABLE"]);
    // after a restart with a good table a person may clear it
    const mended = rigOf();
    mended.reflex.restore([{ code: "PFL_TABLE_UNUSABLE", source: "pfl", detail: "" }]);
    mended.send("arm", jointsAt());
    mended.send("wrist", [0, 0, 0, 0, 0, 0]);
    mended.after(20);
    expect(mended.reflex.reset().ok).toBe(true);
  });
});
