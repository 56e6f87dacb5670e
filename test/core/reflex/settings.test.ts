import { describe, expect, test } from "vitest";
import { type ChannelInput, deploymentOf } from "./rig.ts";

const channels: Record<string, ChannelInput> = {
  near: { quantity: "range" },
  spare: { quantity: "range", required: false },
  fan: { quantity: "scan" },
  wrist: { quantity: "wrench" },
  pair: { quantity: "estopDual" },
};
/** path and message of the first thing wrong with these rules */
function wrong(rules: object): [string, string] {
  try {
    deploymentOf(channels, rules);
  } catch (error) {
    const [issue] = (error as { issues: { path: (string | number)[]; message: string }[] }).issues;
    return [issue!.path.join("."), issue!.message];
  }
  return ["", "nothing wrong"];
}
const separation = (more: object) => ({
  separation: { walk: { channel: "near", intrusionDistanceM: 0.1, humanUncertaintyM: 0.1, ...more } },
});

describe("H41 settings of rules", () => {
  const cases: [string, object, string, RegExp][] = [
    [
      "a channel that is not there",
      { force: { f: { channel: "gone", maxForceN: 10 } } },
      "rules.force.f.channel",
      /no channel named "gone"/,
    ],
    [
      "a channel of another quantity",
      { force: { f: { channel: "near", maxForceN: 10 } } },
      "rules.force.f.channel",
      /needs wrench/,
    ],
    [
      "a channel that may be missing",
      { proximity: { p: { channel: "spare", minM: 1 } } },
      "rules.proximity.p.channel",
      /not required/,
    ],
    [
      "wiring of a channel that is no pair",
      { estop: { dual: { near: {} } } },
      "rules.estop.dual.near",
      /needs estopDual/,
    ],
    [
      "zero is never off",
      { force: { f: { channel: "wrist", maxForceN: 0 } } },
      "rules.force.f.maxForceN",
      /0\.1/,
    ],
    [
      "switching off needs a reason",
      { force: { f: { channel: "wrist", maxForceN: 10, monitored: false } } },
      "rules.force.f.because",
      /needs `because:`/,
    ],
    [
      "slow above stop",
      { force: { f: { channel: "wrist", maxForceN: 10, slowForceN: 20 } } },
      "rules.force.f.slowForceN",
      /below maxForceN/,
    ],
    [
      "slow nearer than stop",
      { proximity: { p: { channel: "near", minM: 1, slowM: 0.5 } } },
      "rules.proximity.p.slowM",
      /above minM/,
    ],
    [
      "discrepancy too long",
      { estop: { dual: { pair: { discrepancyMs: 3_001 } } } },
      "rules.estop.dual.pair.discrepancyMs",
      /3000/,
    ],
    [
      "discrepancy too short",
      { estop: { dual: { pair: { discrepancyMs: 9 } } } },
      "rules.estop.dual.pair.discrepancyMs",
      /10/,
    ],
    [
      "angles on a range",
      { zones: { z: { channel: "near", action: "slow", withinM: 1, fromRad: 0 } } },
      "rules.zones.z.fromRad",
      /only a scan/,
    ],
    [
      "a zone without a shape",
      { zones: { z: { channel: "fan", action: "slow" } } },
      "rules.zones.z.withinM",
      /give one of/,
    ],
    [
      "sector the wrong way round",
      { zones: { z: { channel: "fan", action: "slow", withinM: 1, fromRad: 1, toRad: 0 } } },
      "rules.zones.z.toRad",
      /below toRad/,
    ],
    [
      "unknown key",
      { zones: { z: { channel: "fan", action: "slow", withinM: 1, within: 1 } } },
      "rules.zones.z",
      /within/,
    ],
    ["unknown rule", { zone: {} }, "rules", /zone/],
    ["a scan without a mount", separation({ channel: "fan" }), "rules.separation.walk.mount", /mount/],
    [
      "a stamp tolerance of zero",
      { stamps: { futureToleranceMs: 0 } },
      "rules.stamps.futureToleranceMs",
      /1/,
    ],
    [
      "contact limits without joints",
      {
        pfl: {
          channel: "wrist",
          limitsFile: "x",
          publicKey: "0".repeat(64),
          edition: "e",
          regions: ["face"],
        },
      },
      "rules.pfl",
      /joints/,
    ],
    [
      "a body region that is none",
      {
        pfl: {
          channel: "wrist",
          limitsFile: "x",
          publicKey: "0".repeat(64),
          edition: "e",
          regions: ["tail"],
        },
      },
      "rules.pfl.regions.0",
      /./,
    ],
    [
      "a key that is none",
      { pfl: { channel: "wrist", limitsFile: "x", publicKey: "zz", edition: "e", regions: ["face"] } },
      "rules.pfl.publicKey",
      /hexadecimal/,
    ],
  ];
  for (const [what, rules, path, words] of cases)
    test(`H41 ${what}`, () => {
      const [at, message] = wrong(rules);
      expect(at).toBe(path);
      expect(message).toMatch(words);
    });
  test("H41 no rules at all is a cell with all that every cell needs", () => {
    const { rules } = deploymentOf(channels, {});
    expect(rules.estop.monitored && rules.joints.monitored && rules.forceSensor.monitored).toBe(true);
    expect(rules.stamps.futureToleranceMs).toBe(50);
    expect(rules.foreignPublisher.action).toBe("stop");
  });
});
