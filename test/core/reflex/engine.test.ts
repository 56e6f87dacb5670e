import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Code, CODES, MAX_CAUSES } from "../../../src/core/domain/index.ts";
import { REFLEX_CODES } from "../../../src/core/domain/codes/reflex.ts";
import { ENGINE_CODES, JUDGES, type Rule, type RuleFactory, RULES } from "../../../src/core/reflex/index.ts";
import { TABLE } from "./pfl-table.ts";
import { type ChannelInput, infosOf, jointsAt, Rig } from "./rig.ts";
import { createKinematics } from "../../../src/core/robot/index.ts";

/** a cell with a channel for every quantity that a rule listens to, and every rule set up */
const CHANNELS: Record<string, ChannelInput> = {
  stop: { quantity: "estop" },
  pair: { quantity: "estopDual" },
  guard: { quantity: "protectiveStop" },
  part: { quantity: "grip" },
  mode: { quantity: "safetyMode" },
  near: { quantity: "range", max: 10 },
  fan: { quantity: "scan" },
  wrist: { quantity: "wrench", min: -300, max: 300 },
  arm: { quantity: "joints" },
  pulse: { quantity: "heartbeat" },
  base: { quantity: "twist" },
};
const RULE_SETTINGS = {
  proximity: { hand: { channel: "near", minM: 0.3, slowM: 0.8 } },
  zones: {
    front: { channel: "near", action: "hold", withinM: 0.6 },
    side: {
      channel: "fan",
      action: "slow",
      polygonM: [
        [0.2, -1],
        [2, -1],
        [2, 1],
      ],
    },
  },
  separation: {
    walk: { channel: "near", intrusionDistanceM: 0.1, humanUncertaintyM: 0.05, slowMarginM: 0.5 },
  },
  force: { flange: { channel: "wrist", maxForceN: 100, slowForceN: 40, maxTorqueNm: 10 } },
  contact: { touch: { channel: "wrist" } },
  pfl: {
    channel: "wrist",
    limitsFile: "x",
    publicKey: "0".repeat(64),
    edition: "test edition",
    regions: ["hand_finger"],
  },
};
const PRESS = { gate: { zones: { press: { kind: "forbidden", min: [-0.5, 1.2, -1], max: [0.5, 2.5, 1] } } } };
const fullRig = (factories: readonly RuleFactory[] = RULES): Rig =>
  new Rig(CHANNELS, RULE_SETTINGS, { factories, pflLimits: TABLE, extra: PRESS });

const GOOD: Record<string, number[]> = {
  stop: [1],
  pair: [1, 1],
  guard: [1],
  part: [1],
  mode: [1],
  near: [5],
  fan: new Array<number>(20).fill(4),
  wrist: [1, 0, 0, 0, 0, 0],
  arm: jointsAt(0.1),
  pulse: [1],
  base: [0.1, 0, 0, 0, 0, 0],
};
const beat = (rig: Rig): void => {
  rig.after(10);
  for (const [name, values] of Object.entries(GOOD)) rig.send(name, name === "pulse" ? [rig.nowMs] : values);
};

type Step = { channel: string; values: number[]; ms: number };
const step: fc.Arbitrary<Step> = fc.constantFrom(...Object.keys(CHANNELS)).chain((channel) =>
  fc.record({
    channel: fc.constant(channel),
    ms: fc.constantFrom(0, 1, 10, 60, 300, 1_000),
    values: fc.oneof(
      fc.constant(GOOD[channel]!),
      fc.array(fc.oneof(fc.double({ min: -400, max: 400, noNaN: false }), fc.constantFrom(0, 1)), {
        minLength: GOOD[channel]!.length,
        maxLength: GOOD[channel]!.length,
      }),
    ),
  }),
);

describe("worst severity wins", () => {
  test("the order of rules cannot matter: shuffled rules see the same causes", () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 25 }),
        fc.shuffledSubarray([...RULES], { minLength: RULES.length }),
        (steps, shuffled) => {
          const [a, b] = [fullRig(), fullRig(shuffled)];
          for (const rig of [a, b]) for (let i = 0; i < 3; i++) beat(rig);
          for (const { channel, values, ms } of steps) {
            for (const rig of [a, b]) {
              rig.after(ms).send(channel, values);
              rig.after(10);
            }
            expect(b.reflex.worst).toBe(a.reflex.worst);
            expect(b.reflex.causes()).toEqual(a.reflex.causes());
          }
        },
      ),
      { seed: 1, numRuns: 150 },
    );
  });

  test("a healthy cell has no causes at all, and nothing changes while it is healthy", () => {
    const rig = fullRig();
    for (let i = 0; i < 100; i++) beat(rig);
    expect(rig.reflex.causes()).toEqual([]);
    rig.reflex.changed = false;
    for (let i = 0; i < 1_000; i++) beat(rig);
    expect(rig.reflex.changed).toBe(false);
    expect(rig.reflex.worst).toBe("none");
  });

  test("C24 every cause that reset leaves behind keeps the cell stopped", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
        const rig = fullRig();
        for (const { channel, values, ms } of steps) rig.after(ms).send(channel, values);
        const before = rig.reflex.causes();
        const result = rig.reflex.reset();
        if (result.ok) {
          expect(before.filter((c) => c.severity === "stop" && c.active)).toEqual([]);
          expect(rig.reflex.worst).not.toBe("stop");
        } else expect(rig.reflex.causes()).toEqual(before);
      }),
      { seed: 24, numRuns: 150 },
    );
  });
});

describe("a rule that throws", () => {
  const broken = (when: keyof Rule): RuleFactory => ({
    name: "broken",
    build: () => [
      {
        name: "broken",
        codes: [],
        listens: "all",
        [when]: () => {
          throw new TypeError("cannot read what is not there");
        },
      },
    ],
  });
  for (const when of ["onStart", "onSample", "onFault", "onTick", "onHealth", "onActuator"] as const)
    test(`a throw in ${when} stops the robot for good and leaves the other rules at work`, () => {
      const rig = fullRig([broken(when), ...RULES]);
      for (let i = 0; i < 5; i++) beat(rig);
      rig.fault("near", "DEVICE_CHECKSUM").health("x", "LOOP_LAG", false);
      rig.reflex.actuator({
        kind: "actuator",
        t: 0 as never,
        seq: 0 as never,
        actuator: 0 as never,
        report: "accepted",
        actionId: null,
        detail: "",
      });
      expect(rig.latched()).toEqual(["RULE_FAILED"]);
      expect(rig.reflex.causes()[0]).toMatchObject({
        code: "RULE_FAILED",
        source: "broken",
        severity: "stop",
        detail: "TypeError: cannot read what is not there",
      });
      expect(rig.reflex.reset().ok).toBe(false);
      expect(rig.reflex.acknowledge("RULE_FAILED", "broken", "reset")).toBe(false);
      rig.send("stop", [0]);
      expect(rig.latched()).toEqual(["ESTOP_PRESSED", "RULE_FAILED"]);
    });

  test("after a restart it may be acknowledged", () => {
    const rig = fullRig();
    rig.reflex.restore([{ code: "RULE_FAILED", source: "broken", detail: "" }]);
    for (let i = 0; i < 5; i++) beat(rig);
    expect(rig.reflex.worst).toBe("stop");
    expect(rig.reflex.acknowledge("RULE_FAILED", "broken", "resume")).toBe(false);
    expect(rig.reflex.acknowledge("RULE_FAILED", "broken", "reset")).toBe(true);
    expect(rig.reflex.worst).toBe("none");
  });
});

describe("the table of causes", () => {
  test("a latched cause is cleared by the role that its code names, and only when its condition has ended", () => {
    const rig = fullRig();
    for (let i = 0; i < 5; i++) beat(rig);
    rig.reflex.raise("KILLED", "operator", "by test");
    expect(rig.reflex.acknowledge("KILLED", "operator", "kill")).toBe(false);
    rig.reflex.clear("KILLED", "operator");
    expect(rig.reflex.reset()).toMatchObject({ ok: false, blockedBy: [{ code: "KILLED" }] });
    expect(rig.reflex.acknowledge("KILLED", "operator", "reset")).toBe(false);
    expect(rig.reflex.acknowledge("KILLED", "operator", "kill")).toBe(true);
    expect(rig.reflex.worst).toBe("none");
  });

  test("what happened and is over leaves only its latch", () => {
    const rig = fullRig();
    for (let i = 0; i < 5; i++) beat(rig);
    rig.reflex.happened("ACTUATOR_UNREACHABLE", "arm", "gone");
    expect(rig.active()).toEqual([]);
    expect(rig.latched()).toEqual(["ACTUATOR_UNREACHABLE"]);
    expect(rig.reflex.reset().ok).toBe(true);
    rig.reflex.happened("MQTT_SUBSCRIPTION_DENIED", "mqtt", "a stop whose code latches nothing");
    expect(rig.latched()).toEqual(["MQTT_SUBSCRIPTION_DENIED"]);
    expect(rig.reflex.reset().ok).toBe(true);
    rig.reflex.happened("SAMPLE_NOT_FINITE", "near", "NaN");
    expect(rig.reflex.causes()).toEqual([]);
  });

  test("it is bounded: one cause too many stops the cell for good", () => {
    const rig = fullRig();
    for (let i = 0; i < MAX_CAUSES + 50; i++) rig.reflex.raise("MQTT_DISCONNECTED", `broker ${i}`, "");
    expect(rig.reflex.causes().length).toBeLessThanOrEqual(MAX_CAUSES + 1);
    expect(rig.reflex.causes()[0]?.code).toBe("CAUSES_OVERFLOW");
    expect(rig.reflex.worst).toBe("stop");
  });

  test("a latch of another version is not forgotten", () => {
    const rig = fullRig();
    rig.reflex.restore([{ code: "NO_SUCH_CODE" as Code, source: "x", detail: "old" }]);
    expect(rig.latched()).toEqual(["LATCH_UNKNOWN"]);
  });
});

describe("codes", () => {
  const rig = fullRig();
  const setting = {
    deployment: rig.deployment,
    channels: infosOf(rig.deployment),
    kinematics: createKinematics(rig.deployment.robot),
    pflLimits: TABLE,
  };
  const declared = new Set<Code>([
    ...RULES.flatMap((f) => f.build(setting)).flatMap((r) => r.codes),
    ...JUDGES.map((f) => f.build(setting)).flatMap((j) => j.codes),
    ...ENGINE_CODES,
    // raised by the cell, which follows a block until motion has ended
    "STOP_NOT_CONFIRMED",
    // raised by the velocity filter of a base, which looks along the commanded arc
    "VELOCITY_APPROACH",
  ]);
  test("every code of the reflex is declared by a rule", () => {
    expect(Object.keys(REFLEX_CODES).filter((code) => !declared.has(code as Code))).toEqual([]);
  });
  test("every declared code stands in the public table", () => {
    expect([...declared].filter((code) => !(code in CODES))).toEqual([]);
  });
  test("every code names who clears it exactly when somebody must, and says something", () => {
    for (const [code, entry] of Object.entries(REFLEX_CODES)) {
      expect([code, entry.clearedBy !== null]).toEqual([code, entry.clears !== "condition"]);
      for (const words of [entry.title, entry.meaning, entry.remedy]) expect(words.length).toBeGreaterThan(3);
    }
  });
  test("no rule raises what it does not declare", () => {
    const raised = new Map<string, Set<string>>();
    const spied = RULES.map(
      (factory): RuleFactory => ({
        name: factory.name,
        build: (s) =>
          factory.build(s).map((rule) => {
            const seen = new Set<string>();
            raised.set(rule.name, seen);
            return new Proxy(rule, {
              get(target, key) {
                const value: unknown = Reflect.get(target, key);
                if (typeof value !== "function") return value;
                return (...args: unknown[]) => {
                  const report = args.at(-1) as { raise(code: string, source: string, detail: string): void };
                  const own = {
                    ...wrap(report),
                    raise: (code: string, source: string, detail: string) => {
                      seen.add(code);
                      report.raise(code, source, detail);
                    },
                  };
                  return Reflect.apply(value, target, [...args.slice(0, -1), own]);
                };
              },
            });
          }),
      }),
    );
    const wrap = (report: object) => ({
      clear: (c: Code, s: string) => (report as Rig["reflex"]).clear(c, s),
      isActive: (c: Code, s: string) => (report as Rig["reflex"]).isActive(c, s),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 30 }), (steps) => {
        const r = fullRig(spied);
        for (const { channel, values, ms } of steps) r.after(ms).send(channel, values);
      }),
      { seed: 5, numRuns: 100 },
    );
    const byName = new Map(
      RULES.flatMap((f) => f.build(setting)).map((r) => [r.name, r.codes as readonly string[]]),
    );
    for (const [name, codes] of raised)
      for (const code of codes)
        expect([name, byName.get(name)!.includes(code) ? code : `undeclared ${code}`]).toEqual([name, code]);
    expect([...raised.values()].some((codes) => codes.size > 0)).toBe(true);
  });
});
