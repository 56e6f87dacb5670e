import { expect, test } from "vitest";
import { canonicalText } from "../../src/core/base/canonical.ts";
import { createPipeline } from "../../src/core/cell/pipeline/index.ts";
import { rehearse } from "../../src/node/index.ts";
import { Story } from "../core/cell/fixture.ts";
import { calmMove, FakeHost } from "../core/cell/pipeline/fake-host.ts";

/** What a cell and a pipeline say about one life. */
function lifeOf(): string {
  const host = new FakeHost({ stage: 3, seed: 5 });
  for (let i = 0; i < 5; i++) host.propose(calmMove(`life-${i}`, {}, 0.1 + 0.1 * i)).pass(50);
  const story = new Story();
  story.running();
  story.read("near", [0.1]);
  return canonicalText({ receipts: host.receipts, story: story.receipts().map((r) => r.body) });
}

test("a rehearsal goes to its end, and nothing that is decided after it differs", () => {
  const before = lifeOf();
  rehearse(createPipeline);
  expect(lifeOf()).toBe(before);
});
