import { describe, expect, test } from "vitest";
import { jointsAt, Rig } from "./rig.ts";

const wrench = {
  quantity: "wrench",
  maxAgeMs: 1_000,
  declaredConstant: false,
  frozenAfterMs: 600_000,
} as const;
/** a little noise, so that the sensor lives */
const load = (fx: number) => (ms: number) => [fx + ((ms * 7) % 11) * 1e-3, 0, 0, ((ms * 3) % 5) * 1e-3, 0, 0];

describe("force limits", () => {
  const rules = { force: { flange: { channel: "wrist", maxForceN: 100, slowForceN: 50, maxTorqueNm: 10 } } };
  test("slow above the slow mark, stop above the limit, at once", () => {
    const rig = new Rig({ wrist: wrench }, rules).feed("wrist", load(10), 100);
    rig.send("wrist", [30, 40.1, 0, 0, 0, 0]);
    expect(rig.reflex.worst).toBe("slow");
    rig.send("wrist", [60, 80.1, 0, 0, 0, 0]);
    expect(rig.latched()).toEqual(["FORCE_LIMIT"]);
    rig.send("wrist", [0, 0, 0, 0, 0, -10.1]);
    expect(rig.latched()).toEqual(["FORCE_LIMIT", "TORQUE_LIMIT"]);
    rig.feed("wrist", load(10), 700);
    expect(rig.active()).toEqual([]);
    expect(rig.reflex.reset().ok).toBe(true);
  });
});

describe("contact", () => {
  const rules = { contact: { touch: { channel: "wrist", minRiseN: 20, minRateNPerS: 1_000, windowMs: 20 } } };
  test("a fast rise is a contact, a slow one is a load", () => {
    const rig = new Rig({ wrist: wrench }, rules);
    for (let i = 0; i <= 200; i++) rig.after(1).send("wrist", [i * 0.5, 0, 0, 0, 0, 0]);
    expect(rig.latched()).toEqual([]);
    for (let i = 0; i <= 10; i++) rig.after(1).send("wrist", [100 + i * 3, 0, 0, 0, 0, 0]);
    expect(rig.latched()).toEqual(["FORCE_SPIKE"]);
  });
  test("far but not fast is a load, too", () => {
    const rig = new Rig({ wrist: wrench }, { contact: { touch: { ...rules.contact.touch, windowMs: 200 } } });
    for (let i = 0; i <= 400; i++) rig.after(1).send("wrist", [i * 0.9, 0, 0, 0, 0, 0]);
    expect(rig.latched()).toEqual([]);
    for (let i = 0; i <= 20; i++) rig.after(1).send("wrist", [360 + i * 1.1, 0, 0, 0, 0, 0]);
    expect(rig.latched()).toEqual(["FORCE_SPIKE"]);
  });
  test("noise that is steep but small is no contact", () => {
    const rig = new Rig({ wrist: wrench }, rules);
    for (let i = 0; i < 500; i++) rig.after(1).send("wrist", [i % 2 === 0 ? 5 : -5, 0, 0, 0, 0, 0]);
    expect(rig.latched()).toEqual([]);
  });
  test("a step from one reading to the next is a contact whatever the rate", () => {
    const rig = new Rig({ wrist: wrench }, rules).at(100);
    rig.send("wrist", [0, 0, 0, 0, 0, 0]);
    rig.after(19).send("wrist", [0, 25, 0, 0, 0, 0]);
    expect(rig.latched()).toEqual(["FORCE_SPIKE"]);
  });
});

describe("B16 force sensor", () => {
  test("B16 saturation is found on any axis", () => {
    const rig = new Rig({ wrist: { ...wrench, min: -200, max: 200 } }).feed("wrist", load(10), 100);
    expect(rig.active()).toEqual([]);
    rig.send("wrist", [0, 0, -196.5, 0, 0, 0]);
    expect(rig.active()).toEqual(["FT_SATURATED"]);
  });
  test("B16 a sensor without noise is dead", () => {
    const rig = new Rig({ wrist: wrench }, { forceSensor: { deadWindowMs: 500 } }).feed(
      "wrist",
      load(10),
      2_000,
    );
    expect(rig.active()).toEqual([]);
    rig.feed("wrist", (ms) => [10 + (ms % 2) * 1e-9, 0, 0, 0, 0, 0], 1_100);
    expect(rig.active()).toEqual(["FT_DEAD"]);
  });
  test("B16 a lasting load at standstill is drift, a load in motion is not", () => {
    const channels = { wrist: wrench, arm: { quantity: "joints", maxAgeMs: 5_000 } } as const;
    const rules = { forceSensor: { driftWindowMs: 1_000, maxDriftN: 20 } };
    const moving = new Rig(channels, rules).at(10);
    for (let i = 0; i < 300; i++) {
      moving.after(10).send("arm", jointsAt(0.5));
      moving.send("wrist", load(30)(moving.nowMs));
    }
    expect(moving.active()).toEqual([]);
    const still = new Rig(channels, rules).at(10);
    for (let i = 0; i < 250; i++) {
      still.after(10).send("arm", jointsAt(0));
      still.send("wrist", load(30)(still.nowMs));
    }
    expect(still.active()).toEqual(["FT_DRIFT"]);
    expect(still.reflex.worst).toBe("warn");
  });
});
