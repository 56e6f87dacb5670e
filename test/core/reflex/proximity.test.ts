import { describe, expect, test } from "vitest";
import { Rig } from "./rig.ts";

const channels = { near: { quantity: "range", maxAgeMs: 1_000 } } as const;
const rules = { proximity: { hand: { channel: "near", minM: 0.3, slowM: 0.8 } } };

describe("proximity", () => {
  test("H43 trips at once, releases with hysteresis and hold", () => {
    const rig = new Rig(channels, rules).feed("near", [2], 100);
    expect(rig.reflex.worst).toBe("none");
    rig.send("near", [0.79]);
    expect(rig.reflex.worst).toBe("slow");
    rig.send("near", [0.29]);
    expect(rig.reflex.worst).toBe("stop");
    rig.feed("near", [0.32], 1_000);
    expect(rig.active()).toEqual(["PROXIMITY_MIN", "PROXIMITY_NEAR"]);
    rig.feed("near", [0.9], 480);
    expect(rig.active()).toEqual(["PROXIMITY_MIN", "PROXIMITY_NEAR"]);
    rig.feed("near", [0.9], 40);
    expect(rig.active()).toEqual([]);
    expect(rig.latched()).toEqual(["PROXIMITY_MIN"]);
    expect(rig.reflex.reset()).toEqual({ ok: true });
  });

  test("H43 a reading that flaps around the mark never releases", () => {
    const rig = new Rig(channels, rules).feed("near", (ms) => [ms % 200 < 20 ? 0.2 : 2], 3_000);
    expect(rig.active()).toContain("PROXIMITY_MIN");
  });

  test("a sector without rays and a scan without enough rays count as occupied", () => {
    const rig = new Rig(
      { fan: { quantity: "scan" } },
      { proximity: { edge: { channel: "fan", minM: 0.3, fromRad: 5, toRad: 6 } } },
    ).at(10);
    rig.send("fan", new Array<number>(21).fill(2));
    expect(rig.active()).toContain("PROXIMITY_MIN");
  });

  test("a sector looks at its own rays only, and at as many as asked", () => {
    const rig = new Rig(
      { fan: { quantity: "scan" } },
      { proximity: { front: { channel: "fan", minM: 0.3, fromRad: -0.5, toRad: 0.5, minRays: 3 } } },
    ).at(10);
    const rays = new Array<number>(21).fill(2);
    rays[0] = 0.1;
    rays[10] = 0.1;
    rays[11] = 0.1;
    rig.send("fan", rays);
    expect(rig.latched()).toEqual([]);
    rays[12] = 0.1;
    rig.send("fan", rays);
    expect(rig.latched()).toEqual(["PROXIMITY_MIN"]);
  });
});
