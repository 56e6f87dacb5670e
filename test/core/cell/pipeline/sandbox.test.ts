import { describe, expect, test } from "vitest";
import type { HelperFinding } from "../../../../src/core/gate/index.ts";
import { runHelp } from "../../../../src/node/threads/help.ts";
import { SIX_AXIS, sixAxisYaml } from "../../robot/arms.ts";
import { calmMove, FakeHost, NO_DEFERRAL } from "./fake-host.ts";

/** Rays all around the base, one degree apart. */
const RAYS = 360;
const SCAN = `  scan: { quantity: scan, transport: test, address: scan, maxAgeMs: 100, minRateHz: 20, min: 0, max: 10, angleMinRad: -3.141592653589793, angleStepRad: ${Math.PI / 180} }\n`;
const NARROW = `
  person: { speedMPerS: 0.1, horizonMs: 100, uncertaintyM: 0 }
  limits: { minSeparationM: 0.05 }
`;

/** A cell with the arm of the URDF, margins that are far too narrow, and skills that turn it. */
function cellWith(urdf = SIX_AXIS, payloadKg = 3): FakeHost {
  const host = new FakeHost({
    stage: 3,
    gate: NO_DEFERRAL + NARROW,
    urdf,
    yaml: (text) =>
      text
        .replace(/robot:\n[\s\S]*?(?=transports:)/, sixAxisYaml().replace(/ {2}base\w+: .*\n/g, ""))
        .replace(/payloadKg: .*/, `payloadKg: ${payloadKg}`)
        .replace("  wrist: {", `${SCAN}  wrist: {`)
        .replace(
          / {4}weld: .*\n/,
          `    weld: ${skill(0.8)}    touch_up: ${skill(0.2)}    reach: ${skill(0, 1.2, 9_600)}`,
        ),
  });
  host.world.q = [0, 0, 0, 0, 0, 0];
  host.world.scan = new Array<number>(RAYS).fill(10);
  return host.pass(50);
}
const skill = (turn: number, lean = 0, ms = 2_400): string =>
  `{ durationMs: ${ms}, requires: [powered], risk: high, waypoints: [{ atMs: ${ms}, positionsRad: [${turn}, ${lean}, 0, 0, 0, 0] }] }\n`;
const stands = (host: FakeHost, xM: number, yM: number): void => {
  const ray = Math.round(((Math.atan2(yM, xM) + Math.PI) * 180) / Math.PI) % RAYS;
  host.world.scan![ray] = Math.hypot(xM, yM);
};

/** Proposes and lets the sandbox run as a thread would: on a copy of its task. */
async function proposed(host: FakeHost, token: string): Promise<HelperFinding> {
  host.propose(calmMove(token, { verb: "program", args: { tokens: [token] } })).pass(30);
  const effect = host.of("helper").at(-1)!;
  expect(effect, host.story(token).join()).toBeDefined();
  const finding = await runHelp(structuredClone(effect.task), false);
  host.finding(effect, finding).pass(30);
  return finding;
}
const terms = (host: FakeHost, id: string): unknown => {
  const body = host.about(id).find((r) => r.receipt_type === "gate_decision" || r.receipt_type === "block");
  return body !== undefined && "terms" in body ? body.terms["sandbox"] : undefined;
};

describe("C-sandbox: an arm from a URDF", () => {
  test("a high-risk plan that keeps clear passes and runs", async () => {
    const host = cellWith();
    stands(host, 0.03, 0.5);
    stands(host, -2, -1);
    host.pass(30);
    expect(await proposed(host, "touch_up")).toMatchObject({ kind: "sandbox", safe: true, runs: 8 });
    expect(host.story("touch_up").at(-1)).toBe("permit_used released");
    expect(terms(host, "touch_up")).toMatchObject({ ok: true, detail: "8 runs without contact" });
    host.report("touch_up~1", "accepted").pass(20).report("touch_up~1", "completed").pass(50);
    // the elbow's arm is thick between two joints, and the hard rules know it: nothing is left to rehearse
    host.propose(calmMove("weld", { verb: "program", args: { tokens: ["weld"] } })).pass(30);
    expect(host.story("weld")).toEqual(["block SEPARATION_TOO_SMALL"]);
    expect(host.of("helper")).toHaveLength(1);
    expect(host.of("permit")).toHaveLength(1);
  });
  test("one that the joints are too weak for is RED: the trials know no torques", async () => {
    const host = cellWith(SIX_AXIS, 40);
    expect(await proposed(host, "reach")).toMatchObject({ kind: "sandbox", safe: false });
    expect(host.story("reach")).toEqual(["block SANDBOX_UNSAFE"]);
    expect(terms(host, "reach")).toMatchObject({
      ok: false,
      code: "SANDBOX_UNSAFE",
      detail: expect.stringMatching(/^the arm's torques do not keep it to the plan: \d\.\d\d m off$/),
    });
    expect(host.of("permit")).toHaveLength(0);
  });
  test("the same story twice gives the same receipts", async () => {
    const told = async (): Promise<string> => {
      const host = cellWith();
      stands(host, -0.1, 0.55);
      host.pass(30);
      await proposed(host, "weld");
      return JSON.stringify(host.receipts);
    };
    expect(await told()).toBe(await told());
  });
  test("without masses: RED, and the receipt says what to add", async () => {
    const host = cellWith(SIX_AXIS.replace(/<inertial>[\s\S]*?<\/inertial>/g, ""));
    expect(await proposed(host, "weld")).toMatchObject({ kind: "failed", noModel: true });
    expect(host.story("weld")).toEqual(["block SANDBOX_NO_MODEL"]);
    expect(terms(host, "weld")).toMatchObject({
      detail: 'missing: <inertial> with mass and inertia of link "turret" in the URDF',
    });
    expect(host.pipeline.view().approvals.map((a) => a.actionId)).toEqual(["weld"]);
  });
});
