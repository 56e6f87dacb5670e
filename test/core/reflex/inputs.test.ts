import { describe, expect, test } from "vitest";
import { jointsAt, Rig } from "./rig.ts";

describe("protective stop and safety mode", () => {
  test("a protective stop stops and waits for a person", () => {
    const rig = new Rig({ guard: { quantity: "protectiveStop" } }).at(10);
    rig.send("guard", [1]);
    rig.send("guard", [0]);
    expect(rig.active()).toContain("PROTECTIVE_STOP");
    rig.feed("guard", [1], 50);
    expect(rig.active()).toEqual([]);
    expect(rig.latched()).toEqual(["PROTECTIVE_STOP"]);
  });

  test("every mode of the robot leads where the table says; an unknown one is a fault", () => {
    const expected: Record<number, string | null> = {
      1: null,
      2: "SAFETY_MODE_REDUCED",
      3: "SAFETY_MODE_PROTECTIVE",
      4: "SAFETY_MODE_FAULT",
      5: "SAFETY_MODE_PROTECTIVE",
      6: "SAFETY_MODE_EMERGENCY",
      7: "SAFETY_MODE_EMERGENCY",
      8: "SAFETY_MODE_FAULT",
      9: "SAFETY_MODE_FAULT",
      10: "SAFETY_MODE_FAULT",
      11: "SAFETY_MODE_FAULT",
      12: "SAFETY_MODE_PROTECTIVE",
      13: "SAFETY_MODE_PROTECTIVE",
      99: "SAFETY_MODE_FAULT",
    };
    for (const [mode, code] of Object.entries(expected)) {
      const rig = new Rig({ mode: { quantity: "safetyMode" } }).feed("mode", [Number(mode)], 20);
      expect([mode, ...rig.active()]).toEqual(code === null ? [mode] : [mode, code]);
      rig.feed("mode", [1], 20);
      expect(rig.active()).toEqual([]);
    }
  });

  test("a code in two lists is a mistake in the deployment", () => {
    expect(
      () => new Rig({ mode: { quantity: "safetyMode" } }, { safetyMode: { normalCodes: [1, 3] } }),
    ).toThrow(/two lists/);
  });
});

describe("joint and speed limits", () => {
  const arm = { quantity: "joints", maxAgeMs: 1_000 } as const;
  const one = (values: number[]): string[] => {
    const rig = new Rig({ arm }).at(10);
    rig.send("arm", values);
    return rig.latched();
  };
  test("position, speed and effort of each joint, and the speed of the tool", () => {
    expect(one(jointsAt(0.1, 0.1))).toEqual([]);
    expect(one(jointsAt(0, 0, 3.01, 0))).toEqual(["JOINT_POSITION"]);
    expect(one(jointsAt(0, 0, 0, -3.01))).toEqual(["JOINT_POSITION"]);
    // folded back on itself the tool stands at the base and cannot be fast
    expect(one(jointsAt(0, 2.01, 0, 0))).toEqual(["JOINT_SPEED", "TOOL_SPEED"]);
    expect(one([0, 0, 0, 0, 0, -51])).toEqual(["JOINT_EFFORT"]);
    expect(one(jointsAt(0.76, 0))).toEqual(["TOOL_SPEED"]);
    expect(one(jointsAt(0.74, 0))).toEqual([]);
  });
  test("a twist channel is limited too", () => {
    const rig = new Rig({ base: { quantity: "twist" } }).at(10);
    rig.send("base", [1, 1, 0, 0, 0, 0]);
    expect(rig.latched()).toEqual([]);
    rig.send("base", [1, 1, 0.6, 0, 0, 0]);
    expect(rig.latched()).toEqual(["TOOL_SPEED"]);
  });
});

describe("what the process says of itself", () => {
  const near = { quantity: "range", maxAgeMs: 60_000 } as const;
  const alive = (rules: object = {}): Rig => new Rig({ near }, rules).feed("near", [1], 20);

  test("B15 a foreign publisher stops the cell, or is noted where the deployment says so", () => {
    const rig = alive().health("topic cmd", "FOREIGN_PUBLISHER", true, "second publisher /other");
    expect(rig.latched()).toEqual(["FOREIGN_PUBLISHER"]);
    rig.health("topic cmd", "FOREIGN_PUBLISHER", false);
    expect(rig.reflex.reset().ok).toBe(true);
    const noted = alive({ foreignPublisher: { action: "warn" } }).health(
      "mqtt",
      "MQTT_FOREIGN_PUBLISHER",
      true,
    );
    expect(noted.active()).toEqual(["FOREIGN_PUBLISHER_NOTED"]);
    expect(noted.reflex.worst).toBe("warn");
  });

  test("H39 event-loop lag stops the cell and stays for a person", () => {
    const rig = alive().health("event-loop", "LOOP_LAG", true, "timer 300 ms late");
    expect(rig.reflex.worst).toBe("stop");
    rig.health("event-loop", "LOOP_LAG", false);
    expect(rig.latched()).toEqual(["LOOP_LAG"]);
  });

  test("a part's own code is shown while it lasts", () => {
    const rig = alive().health("mqtt", "MQTT_DISCONNECTED", true, "refused");
    expect(rig.reflex.causes()).toMatchObject([
      { code: "MQTT_DISCONNECTED", source: "mqtt", severity: "warn", active: true, latched: false },
    ]);
    rig.health("mqtt", "MQTT_DISCONNECTED", false);
    expect(rig.reflex.causes()).toEqual([]);
  });
});
