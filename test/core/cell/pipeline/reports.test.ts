import { describe, expect, test } from "vitest";
import { calmMove, EVIDENCE, FakeHost, freshId, NO_DEFERRAL } from "./fake-host.ts";

/** Reports of actuators are words on a wire: what ends an action is what the joints bear out. */
function moving(): { host: FakeHost; id: string } {
  const host = new FakeHost({ stage: 3, gate: NO_DEFERRAL });
  const id = freshId();
  const evidence = { ...EVIDENCE, reasoning_started_at: 1_700_000_000_000_000 + host.nowUs };
  host.propose(calmMove(id, { evidence })).pass(20);
  host.claim(id, "accepted").pass(20);
  expect(host.story(id)).toEqual(["gate_decision GREEN", "permit_used released"]);
  return { host, id };
}

describe("a report proves who and what", () => {
  test("a stranger's `completed` ends nothing while the arm is not at the goal", () => {
    const { host, id } = moving();
    host.claim(id, "completed").pass(100);
    expect(host.pipeline.view().open).toHaveLength(1);
    expect(host.story(id)).toEqual(["gate_decision GREEN", "permit_used released"]);
  });
  test("after it the action is watched on, and ends when the joints stand at the goal", () => {
    const { host, id } = moving();
    host.claim(id, "completed").pass(50);
    host.report(id, "completed").pass(20);
    expect(host.story(id).at(-1)).toBe("permit_used completed");
  });
  test("one that never arrives is taken back when its time is over", () => {
    const { host, id } = moving();
    host.claim(id, "completed").pass(60_000);
    expect(host.story(id).at(-1)).toBe("permit_used expired");
    expect(host.of("revoke").at(-1)).toMatchObject({ actionId: id, code: "ACTION_OVERRAN" });
  });
  test("another actuator's report is not about this action", () => {
    const { host, id } = moving();
    for (const report of ["completed", "aborted", "failed"] as const) host.claim(id, report, 1);
    host.pass(50);
    expect(host.pipeline.view().open).toHaveLength(1);
  });
  test("`aborted` is told to the arm as well: nothing runs on unwatched", () => {
    const { host, id } = moving();
    host.claim(id, "aborted");
    expect(host.of("revoke").at(-1)).toMatchObject({ actionId: id, code: "ACTION_ABORTED" });
  });
});
