import { describe, expect, test } from "vitest";
import { type Code, CODES, codeEntry, type Role } from "../../../src/core/domain/index.ts";
import { Story } from "./fixture.ts";
import { describeState, heal, walkOut } from "./ways-out.ts";

/** Codes that begin with a condition of their own rule rather than with a word about the node. */
const blocking = (Object.keys(CODES) as Code[]).filter((code) =>
  ["hold", "stop"].includes(codeEntry(code).severity),
);
/** words that the state machine says of itself; they are no causes */
const NO_CAUSES: readonly Code[] = ["CELL_STARTING", "CELL_RETREATING"];
const causes = blocking.filter((code) => !NO_CAUSES.includes(code));
const latching = (Object.keys(CODES) as Code[]).filter((code) => codeEntry(code).clears !== "condition");

const word = (story: Story, code: Code, active: boolean): void =>
  void story.deliver({ kind: "health", part: "part", code, active, detail: "a test" });

describe("what the table says about clearing is true", () => {
  test.each(causes.filter((code) => codeEntry(code).clears !== "restart"))(
    "%s: once its condition has ended, the acts of the table lead to RUNNING",
    (code) => {
      const story = new Story().running();
      word(story, code, true);
      story.wait(100);
      expect(["RUNNING", "SLOW"]).not.toContain(story.state);
      word(story, code, false);
      heal(story);
      if (story.state !== "RUNNING") walkOut(story);
      expect(describeState(story)).toBe("RUNNING");
    },
  );

  test.each(latching)("%s: latched before a restart, the acts of the table lead to RUNNING", (code) => {
    const story = new Story({ boot: 2, latched: [{ code, source: "part", detail: "before" }] });
    heal(story);
    expect(walkOut(story), describeState(story)).toBe("RUNNING");
    expect(describeState(story)).toBe("RUNNING");
  });

  test.each(latching.filter((code) => codeEntry(code).clears === "restart"))(
    "%s: lasts until a restart, whoever acts",
    (code) => {
      const story = new Story().running();
      word(story, code, true);
      word(story, code, false);
      heal(story);
      walkOut(story);
      expect(story.cell.reflex.latched().map((cause) => cause.code)).toContain(code);
    },
  );

  test.each(latching.filter((code) => codeEntry(code).clearedBy !== null))(
    "%s: nobody without the role of the table clears it",
    (code) => {
      const role = codeEntry(code).clearedBy as Role;
      const story = new Story({ boot: 2, latched: [{ code, source: "part", detail: "before" }] });
      heal(story);
      walkOut(story, [role]);
      expect(story.cell.reflex.latched().map((cause) => cause.code)).toContain(code);
    },
  );

  test("a ledger that does not verify is acknowledged in the run that found it", () => {
    const story = new Story({ boot: 2, ledgerFault: "row 7 was altered" });
    heal(story);
    expect(story.state).toBe("STOPPED");
    expect(walkOut(story, ["acknowledge"])).not.toBe("RUNNING");
    expect(walkOut(story), describeState(story)).toBe("RUNNING");
  });
});

describe("A6 standstill is looked at after the chain has run out, too", () => {
  const exhausted = (): Story => {
    const story = new Story().running();
    story.world["joints"] = [0.1, 0.2, 0.5, 0, 0, 0];
    story.world["estop"] = [0];
    story.wait(1_500);
    expect(story.cell.reflex.isActive("CHAIN_EXHAUSTED")).toBe(true);
    return story;
  };

  test("standstill ends the condition, the heartbeat says blocked again, a person leads out", () => {
    const story = exhausted();
    story.clear();
    heal(story);
    expect(story.cell.reflex.isActive("CHAIN_EXHAUSTED")).toBe(false);
    expect(story.cell.reflex.isActive("STOP_NOT_CONFIRMED")).toBe(false);
    expect(story.of("heartbeat").length).toBeGreaterThan(0);
    expect(story.of("heartbeat").every((beat) => !beat.mayMove)).toBe(true);
    expect(story.state).toBe("STOPPED");
    expect(walkOut(story), describeState(story)).toBe("RUNNING");
  });

  test("motion that begins again is not confirmed again either", () => {
    const story = exhausted();
    heal(story);
    story.world["joints"] = [0.1, 0.2, 0.5, 0, 0, 0];
    story.wait(1_500);
    expect(story.cell.reflex.isActive("CHAIN_EXHAUSTED")).toBe(true);
    story.clear();
    story.wait(500);
    expect(story.of("heartbeat")).toEqual([]);
  });

  test("silence alone confirms nothing", () => {
    const story = exhausted();
    story.world["joints"] = null;
    story.wait(3_000);
    expect(story.cell.reflex.isActive("CHAIN_EXHAUSTED")).toBe(true);
  });

  test("a joint feed that was away for longer than the whole chain locks nobody out", () => {
    const story = new Story().running();
    story.world["joints"] = null;
    story.wait(4_000);
    expect(story.cell.reflex.latched().map((c) => c.code)).toContain("CHAIN_EXHAUSTED");
    heal(story);
    expect(walkOut(story), describeState(story)).toBe("RUNNING");
  });
});
