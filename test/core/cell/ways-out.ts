import { codeEntry, type OperatorAct, type Role } from "../../../src/core/domain/index.ts";
import type { Story } from "./fixture.ts";

/** long enough for every rule of the small cell to see that its condition has ended */
const HEALTHY_MS = 2_500;

/** Everything that was wrong ends: sources report again, the robot stands, parts of the node answer. */
export function heal(story: Story, ended: readonly { part: string; code: string }[] = []): void {
  story.world["estop"] = [1];
  story.world["near"] = [5];
  story.world["joints"] = [0.1, 0.2, 0, 0, 0, 0];
  for (const { part, code } of ended)
    story.deliver({ kind: "health", part, code: code as never, active: false, detail: "" });
  story.wait(HEALTHY_MS);
}

/** What a person does who holds all roles and believes the table of codes: acknowledge, reset, resume. */
export function walkOut(story: Story, without: readonly Role[] = [], afterEach = (): void => {}): string {
  const roles = (["reset", "resume", "acknowledge", "approve", "kill", "configure"] as const).filter(
    (role) => !without.includes(role),
  );
  const act = (what: OperatorAct): void => {
    story.do(what, { roles });
    afterEach();
  };
  act({ name: "unkill" });
  for (const cause of story.cell.reflex.causes()) {
    const role = codeEntry(cause.code).clearedBy;
    if (cause.latched && role !== "reset" && role !== null)
      act({ name: "acknowledge", code: cause.code, source: cause.source });
  }
  act({ name: "reset", level: 0, retained: false });
  act({ name: "reset", level: 1, retained: false });
  act({ name: "reset", level: 0, retained: false });
  story.wait(100);
  act({ name: "resume" });
  story.wait(100);
  return story.state;
}

/** the state and what stands in the way, for the message of a test that fails */
export const describeState = (story: Story): string =>
  [
    story.state,
    ...story.cell.reflex
      .causes()
      .map((c) => `${c.code}/${c.source}${c.active ? " active" : ""}${c.latched ? " latched" : ""}`),
  ].join(", ");
