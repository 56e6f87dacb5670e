import { describe, expect, it } from "vitest";
import { calmMove, EVIDENCE, FakeHost, HOME, NO_DEFERRAL } from "./fake-host.ts";

/** a stretch of the first joint, 0.3 rad/s, from where it is */
const stretch = (id: string, from: number, more: Readonly<Record<string, unknown>> = {}) =>
  calmMove(id, {
    chunk: true,
    evidence: EVIDENCE,
    args: {
      joint_names: ["j1", "j2", "j3", "j4", "j5", "j6"],
      points: [0.006, 0.024, 0.048, 0.066, 0.072].map((far, i) => ({
        positions_rad: HOME.map((q, j) => (j === 0 ? from + far : q)),
        time_from_start_ms: (i + 1) * 100,
      })),
    },
    ...more,
  });
const permits = (host: FakeHost, id: string) => host.typed("permit_used").filter((r) => r.action_id === id);

describe("stretches of a stream", () => {
  const begun = (yaml?: (text: string) => string): FakeHost => {
    const host = new FakeHost({ stage: 2, gate: NO_DEFERRAL, ...(yaml !== undefined && { yaml }) });
    host.propose(stretch("c1", 0)).pass(60);
    host.report("c1", "accepted");
    return host;
  };
  const moved = (host: FakeHost, far: number): void => {
    host.world.q = HOME.map((q, j) => (j === 0 ? far : q));
  };

  it("the next one ends the one before, whose executed part is known; nothing is revoked", () => {
    const host = begun();
    moved(host, 0.048);
    host.propose(stretch("c2", 0.048)).pass(60);
    expect(permits(host, "c1").map(({ outcome, code }) => [outcome, code])).toEqual([
      ["released", "PERMIT_RELEASED"],
      ["completed", "CHUNK_REPLACED"],
    ]);
    expect(permits(host, "c1")[1]!.detail).toMatch(/^(29\d|30\d) of 500 ms were run; "c2" follows$/);
    expect(host.of("permit").map((e) => e.actionId)).toEqual(["c1", "c2"]);
    expect(host.of("revoke")).toEqual([]);
  });
  it("a jump, a speed or a forbidden pose is refused as a whole, and the one before goes on", () => {
    const host = begun();
    for (const [id, from, code] of [
      ["jump", 0.5, /JOINT_SPEED_EXCEEDED|JOINT_ACCELERATION_EXCEEDED/],
      ["far", 7, /JOINT_LIMIT_EXCEEDED/],
    ] as const) {
      host.propose(stretch(id, from)).pass(60);
      expect(host.answers(id)[0]).toMatchObject({ verdict: "RED", code: expect.stringMatching(code) });
    }
    expect(permits(host, "c1")).toHaveLength(1);
  });
  it("jerk is held against the robot's limit where there is one", () => {
    const limited = begun((text) =>
      text.replaceAll("maxRadPerS2: 20 }", "maxRadPerS2: 20, maxRadPerS3: 1 }"),
    );
    expect(limited.answers("c1")[0]).toMatchObject({ verdict: "RED", code: "JOINT_JERK_EXCEEDED" });
    const wide = begun((text) => text.replaceAll("maxRadPerS2: 20 }", "maxRadPerS2: 20, maxRadPerS3: 50 }"));
    expect(wide.of("permit")).toHaveLength(1);
  });
  it("only a stretch of the same stream takes its place: others find the target busy", () => {
    const host = begun();
    host.propose(stretch("other", 0), "somebody").pass(60);
    expect(permits(host, "c1")).toHaveLength(1);
    host.propose(calmMove("plain", { evidence: EVIDENCE })).pass(60);
    expect(host.answers("plain")[0]).toMatchObject({ verdict: "RED" });
    expect(host.of("permit")).toHaveLength(1);
  });
});
