import { describe, expect, it } from "vitest";
import { codeEntry } from "../../../../src/core/domain/index.ts";
import { calmMove, EVIDENCE, FakeHost, HOME, NO_DEFERRAL } from "./fake-host.ts";

const REST = "  rest: { changeM: 0.005, everyMs: 40 }\n";
/** The arm swings its first joint for four seconds while somebody is seen at a distance. */
function swinging(gate = REST): { host: FakeHost; swing: (ms: number) => void } {
  const host = new FakeHost({ gate: NO_DEFERRAL + gate, stage: 2 });
  const far = HOME.map((q, j) => (j === 0 ? q + 1.2 : q));
  const args = {
    joint_names: ["j1", "j2", "j3", "j4", "j5", "j6"],
    points: [{ positions_rad: far, time_from_start_ms: 4_000 }],
  };
  host.propose(calmMove("a1", { args, evidence: EVIDENCE })).pass(60);
  expect(host.of("permit")).toHaveLength(1);
  host.report("a1", "accepted");
  let at = 0;
  return {
    host,
    swing(ms) {
      for (let i = 0; i < ms; i += 10) {
        at += 10 * host.world.pace;
        host.world.q = HOME.map((q, j) => (j === 0 ? q + (0.3 * at) / 1_000 : q));
        host.pass(10);
      }
    },
  };
}
/** somebody walks in until it matters, while the arm stands at the beginning of its way */
function approach(host: FakeHost): void {
  host.world.near = 1.2;
  while (host.lasting.length === 0 && revoked(host).length === 0 && host.world.near > 0.3) {
    host.pass(50);
    host.world.near -= 0.006;
  }
}
const revoked = (host: FakeHost) => host.effects.flatMap((e) => (e.kind === "revoke" ? [e.code] : []));

describe("what is left of a running motion", () => {
  it("is not judged while nothing changes", () => {
    const { host, swing } = swinging();
    swing(1_000);
    expect([host.lasting, revoked(host)]).toEqual([[], []]);
  });
  it("slower first, full speed again when the way is clear, broken off when not even slow will do", () => {
    const { host, swing } = swinging();
    approach(host);
    expect(host.lasting).toEqual([
      { code: "REST_OF_PATH_NEAR", source: "a1", detail: expect.stringMatching(/separation/) },
    ]);
    expect(codeEntry("REST_OF_PATH_NEAR").severity).toBe("slow");
    expect(revoked(host)).toEqual([]);
    host.world.pace = 0.25;
    host.world.near = 8;
    swing(700);
    expect(host.lasting.at(-1)).toEqual({ code: "REST_OF_PATH_NEAR", source: "a1", detail: null });
    host.world.pace = 1;
    host.world.near = 0.35;
    swing(60);
    expect(revoked(host)).toEqual(["REST_OF_PATH_REFUSED"]);
    expect(host.receipts.at(-1)).toMatchObject({ code: "REST_OF_PATH_REFUSED" });
  });
  it("leaves nothing behind: what was slowed for it is free when it ends", () => {
    const { host } = swinging();
    approach(host);
    host.pipeline.stopped("ESTOP_PRESSED");
    expect(host.lasting.at(-1)?.detail).toBeNull();
  });
  it("a deployment that does not ask for it is as before", () => {
    const { host, swing } = swinging("");
    host.world.near = 0.35;
    swing(100);
    expect([host.lasting, revoked(host)]).toEqual([[], []]);
  });
  it("what lies behind the arm does not count any more", () => {
    const { host, swing } = swinging();
    swing(3_700);
    // nearly at its goal and about to stand: the place it came from may be anybody's
    host.world.near = 0.75;
    swing(50);
    expect(revoked(host)).toEqual([]);
  });
});
