import { describe, expect, test } from "vitest";
import {
  BLOCK_REPEAT_PERIOD_MAX_US,
  CELL_STATES,
  MICROS_PER_S,
  receiptEnvelope,
} from "../../../src/core/domain/index.ts";
import { SMALL_CELL, Story } from "./fixture.ts";

describe("A: stop and restart", () => {
  test("A1 an e-stop blocks with the very sample, and is still latched ten minutes after it is released", () => {
    const story = new Story().running();
    expect(story.state).toBe("RUNNING");
    story.clear();
    story.read("estop", [0]);
    expect(story.effects[0]).toMatchObject({ kind: "block", code: "ESTOP_PRESSED", first: true });
    expect(story.state).toBe("STOPPED");
    story.world["estop"] = [0];
    story.wait(200);
    story.world["estop"] = [1];
    story.wait(10 * 60 * 1_000);
    expect(story.state).toBe("STOPPED");
    expect(story.do({ name: "resume" })).toEqual({ accepted: false, code: "RESUME_NOT_READY" });
  });

  describe("A2 reset is a deliberate act", () => {
    const stopped = (): Story => {
      const story = new Story().running();
      story.world["estop"] = [0];
      return story.wait(100);
    };
    test("refused while the cause is active, and an edge that began then does not count later", () => {
      const story = stopped();
      expect(story.do({ name: "reset", level: 1, retained: false }).code).toBe("RESET_INPUTS_UNHEALTHY");
      story.world["estop"] = [1];
      story.wait(500);
      expect(story.do({ name: "reset", level: 1, retained: false }).code).toBe("RESET_NOT_RISING");
      expect(story.state).toBe("STOPPED");
      expect(story.pressReset().code).toBe("RESET_NOT_RISING");
      expect(story.pressReset().accepted).toBe(true);
      expect(story.state).toBe("READY_BLOCKED");
    });
    test("retained and repeated requests are refused", () => {
      const story = stopped();
      story.world["estop"] = [1];
      story.wait(500);
      expect(story.do({ name: "reset", level: 1, retained: true }).code).toBe("RESET_RETAINED");
      story.do({ name: "reset", level: 0, retained: false }, { requestId: "same" });
      expect(story.do({ name: "reset", level: 1, retained: false }, { requestId: "same" }).code).toBe(
        "REQUEST_REPEATED",
      );
      expect(story.state).toBe("STOPPED");
    });
    test("needs the role", () => {
      const story = stopped();
      story.world["estop"] = [1];
      story.wait(500);
      expect(
        story.do({ name: "reset", level: 1, retained: false }, { roles: ["resume", "approve"] }).code,
      ).toBe("ROLE_MISSING");
      expect(story.state).toBe("STOPPED");
    });
  });

  test("A3 reset never restarts: it leads to READY_BLOCKED, and only a resume leads to motion", () => {
    const story = new Story().running();
    story.world["estop"] = [0];
    story.wait(100);
    story.world["estop"] = [1];
    story.wait(500);
    story.clear();
    expect(story.pressReset().accepted).toBe(true);
    story.wait(5_000);
    expect(story.state).toBe("READY_BLOCKED");
    expect(story.of("heartbeat").every((h) => !h.mayMove)).toBe(true);
    expect(story.of("block").length).toBeGreaterThan(50);
    expect(story.do({ name: "resume" }).accepted).toBe(true);
    expect(story.state).toBe("RUNNING");
  });

  test("A5 a blocked cell repeats its stop with the measured pose at 10 Hz or faster and is never silent", () => {
    const story = new Story().running();
    story.world["joints"] = [0.7, -0.4, 0, 0, 0, 0];
    story.wait(50);
    story.world["estop"] = [0];
    story.wait(50);
    story.clear();
    const times: number[] = [];
    for (let i = 0; i < 500; i++) {
      story.wait(10);
      for (const block of story.of("block")) {
        expect(block.pose).toEqual([0.7, -0.4]);
        times.push(story.now);
      }
      story.clear();
    }
    const gaps = times.slice(1).map((t, i) => t - times[i]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(BLOCK_REPEAT_PERIOD_MAX_US);
    expect(times.length).toBeGreaterThanOrEqual(50);
  });

  test("A5 without a measured pose the stop still goes out, without a pose", () => {
    const story = new Story().running();
    story.world["joints"] = null;
    story.wait(1_000);
    expect(story.state).toBe("STOPPED");
    expect(story.of("block").at(-1)!.pose).toEqual([]);
  });

  test("A6 a stop is done when measured motion has ended; otherwise the next actuator is asked, then the heartbeat is dropped", () => {
    const story = new Story().running();
    story.world["joints"] = [0.1, 0.2, 0.5, 0, 0, 0];
    story.wait(50);
    story.world["estop"] = [0];
    story.clear();
    story.wait(300);
    expect(new Set(story.of("block").map((b) => b.actuator))).toEqual(new Set([0]));
    story.wait(300);
    expect(new Set(story.of("block").map((b) => b.actuator))).toEqual(new Set([0, 1]));
    expect(story.cell.reflex.isActive("STOP_NOT_CONFIRMED")).toBe(true);
    story.wait(600);
    expect(story.cell.reflex.isActive("CHAIN_EXHAUSTED")).toBe(true);
    story.clear();
    story.wait(1_000);
    expect(story.of("heartbeat")).toEqual([]);
    expect(story.of("block").length).toBeGreaterThan(20);
  });

  test("A6 a robot that stands in time is asked only once", () => {
    const story = new Story().running();
    story.world["joints"] = [0.1, 0.2, 0.5, 0, 0, 0];
    story.wait(50);
    story.world["estop"] = [0];
    story.wait(200);
    story.world["joints"] = [0.15, 0.2, 0, 0, 0, 0];
    story.wait(3_000);
    expect(new Set(story.of("block").map((b) => b.actuator))).toEqual(new Set([0]));
    expect(story.cell.reflex.latched().map((c) => c.code)).not.toContain("STOP_NOT_CONFIRMED");
  });

  test("an actuator that cannot be reached passes the block on at once", () => {
    const story = new Story().running();
    story.world["estop"] = [0];
    story.wait(20);
    story.clear();
    story.deliver({
      kind: "actuator",
      actuator: story.of("block")[0]?.actuator ?? (0 as never),
      report: "failed",
      actionId: null,
      detail: "unplugged",
    });
    expect(story.of("block").map((b) => b.actuator)).toContain(1);
    expect(story.cell.reflex.latched().map((c) => c.code)).toContain("ACTUATOR_UNREACHABLE");
    expect(story.receipts().map((r) => r.body)).toContainEqual(
      expect.objectContaining({ receipt_type: "fault", code: "ACTUATOR_UNREACHABLE" }),
    );
  });

  test("A5 whatever can be told at once is told in the call that has the sample", () => {
    const text = SMALL_CELL.replace("address: contactor,", "address: contactor, asked: at-once,");
    const story = new Story({ text }).running();
    story.clear();
    story.read("estop", [0]);
    expect(story.effects.slice(0, 2).map((e) => e.kind === "block" && e.actuator)).toEqual([0, 1]);
    expect(story.of("block").map((b) => b.first)).toEqual([true, false]);
  });
  test("A6 one that was told at once has had its time when the chain reaches it", () => {
    const text = SMALL_CELL.replace("address: contactor,", "address: contactor, asked: at-once,");
    const story = new Story({ text }).running();
    story.world["joints"] = [0.1, 0.2, 0.5, 0, 0, 0];
    story.wait(50);
    story.world["estop"] = [0];
    story.wait(450);
    expect(story.cell.reflex.isActive("CHAIN_EXHAUSTED")).toBe(true);
  });
  test.each([
    ["revoke", "REVOKE_NOT_CARRIED"],
    ["slow", "SLOW_NOT_CARRIED"],
  ] as const)("a %s that could not be carried becomes a stop", (about, code) => {
    const story = new Story().running();
    story.clear();
    story.deliver({
      kind: "actuator",
      actuator: 0 as never,
      report: "failed",
      actionId: null,
      detail: "no reader",
      about,
    });
    expect(story.state).toBe("STOPPED");
    expect(story.effects[0]).toMatchObject({ kind: "block", code, first: true });
    story.wait(1_000);
    expect(story.pressReset().accepted).toBe(true);
  });

  test("A7 every start comes up blocked, and its first output is a block", () => {
    const story = new Story();
    expect(story.effects[0]).toMatchObject({ kind: "block", first: true });
    expect(story.state).toBe("STARTING");
    story.wait(1_000);
    expect(story.state).toBe("READY_BLOCKED");
    story.wait(60_000);
    expect(story.state).toBe("READY_BLOCKED");
  });

  test("A7 what was latched before the restart is latched after it", () => {
    const first = new Story().running();
    first.world["estop"] = [0];
    first.wait(100);
    const latched = first.of("persist").at(-1)!.latched;
    expect(latched.map((c) => c.code)).toContain("ESTOP_PRESSED");
    const second = new Story({ latched: [...latched], boot: 2 });
    expect(second.state).toBe("STOPPED");
    second.wait(1_000);
    expect(second.do({ name: "resume" }).accepted).toBe(false);
    expect(second.pressReset().accepted).toBe(true);
    expect(second.state).toBe("READY_BLOCKED");
  });

  test("the kill switch latches, survives a restart and needs its own role", () => {
    const story = new Story().running();
    expect(story.do({ name: "kill" }).accepted).toBe(true);
    expect(story.state).toBe("STOPPED");
    expect(story.pressReset().accepted).toBe(false);
    const latched = story.of("persist").at(-1)!.latched;
    const next = new Story({ latched: [...latched], boot: 2 });
    next.wait(500);
    expect(next.state).toBe("STOPPED");
    expect(next.do({ name: "unkill" }, { roles: ["reset", "resume"] }).code).toBe("ROLE_MISSING");
    expect(next.do({ name: "unkill" }).accepted).toBe(true);
    expect(next.state).toBe("READY_BLOCKED");
  });

  test("a ledger that does not verify starts the node blocked with the reason", () => {
    const story = new Story({ ledgerFault: "row 17 does not match its hash" });
    story.wait(1_000);
    expect(story.state).toBe("STOPPED");
    expect(story.cell.why()).toMatchObject({
      code: "LEDGER_UNTRUSTED",
      detail: "row 17 does not match its hash",
    });
  });
});

describe("states", () => {
  test("slow, hold and back: a hold ends by itself, a stop does not", () => {
    const story = new Story().running();
    story.world["near"] = [0.7];
    story.wait(50);
    expect(story.state).toBe("SLOW");
    expect(story.of("slow").at(-1)!.scale).toBeLessThan(1);
    story.world["near"] = [0.45];
    story.wait(50);
    expect(story.state).toBe("HOLD");
    story.world["near"] = [5];
    story.wait(2_000);
    expect(story.state).toBe("RUNNING");
    expect(story.of("slow").at(-1)!.scale).toBe(1);
    story.world["near"] = [0.2];
    story.wait(50);
    expect(story.state).toBe("STOPPED");
    story.world["near"] = [5];
    story.wait(5_000);
    expect(story.state).toBe("STOPPED");
  });

  test("a latched warning waits for a person and stops nothing", () => {
    const story = new Story().running();
    story.cell.reflex.happened("VS_MISSED_EVENT", "V_s", "test");
    story.wait(1_000);
    expect(story.cell.reflex.latched().map((c) => c.code)).toContain("VS_MISSED_EVENT");
    expect(story.state).toBe("RUNNING");
  });

  test("H42 the heartbeat counts at a fixed rate in every state, and says whether motion is permitted", () => {
    const story = new Story();
    story.wait(1_000);
    const idle = story.of("heartbeat");
    expect(idle.length).toBeGreaterThanOrEqual(18);
    expect(idle.map((h) => h.counter)).toEqual(idle.map((_, i) => i + 1));
    expect(idle.every((h) => !h.mayMove)).toBe(true);
  });

  test("H45 a throw inside a rule stops the robot and the node goes on", () => {
    const bad = {
      name: "bad",
      build: () => [
        {
          name: "bad",
          codes: [],
          listens: "all" as const,
          onTick: (t: number) => {
            if (t > 2 * MICROS_PER_S) throw new Error("boom");
          },
        },
      ],
    };
    const story = new Story({ rules: [bad as never] });
    story.wait(100);
    story.do({ name: "resume" });
    story.wait(3_000);
    expect(story.state).toBe("STOPPED");
    expect(story.cell.why().code).toBe("RULE_FAILED");
  });

  test("every receipt fits its schema, and its id names run, event and place", () => {
    const story = new Story().running();
    story.world["estop"] = [0];
    story.wait(2_000);
    const receipts = story.receipts();
    expect(receipts.length).toBeGreaterThan(5);
    for (const receipt of receipts)
      expect(receiptEnvelope.safeParse(receipt).error?.issues ?? []).toEqual([]);
    expect(new Set(receipts.map((r) => r.receipt_id)).size).toBe(receipts.length);
    for (const receipt of receipts)
      if (receipt.body.receipt_type === "state_change") expect(CELL_STATES).toContain(receipt.body.to);
  });
});

describe("the order of effects", () => {
  test("blocks come first, then what must survive a kill, then receipts", () => {
    const story = new Story().running();
    story.clear();
    story.read("estop", [0]);
    const kinds = story.effects.map((e) => e.kind);
    expect(kinds[0]).toBe("block");
    expect(kinds[1]).toBe("persist");
    expect(kinds.lastIndexOf("block")).toBeLessThan(kinds.indexOf("receipt"));
  });
});
