import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canonicalText } from "../../../../src/core/base/canonical.ts";
import { replayTrials } from "../../../../src/core/cell/pipeline/index.ts";
import type { TrialOutcome, TrialRequest } from "../../../../src/core/domain/index.ts";
import { createKinematics } from "../../../../src/core/robot/index.ts";
import { createTrialPool, type TrialPool, trialsHere } from "../../../../src/node/threads/index.ts";
import { calmMove, FakeHost, type Trials } from "./fake-host.ts";

/** A small story with every kind of verdict, decided by real trials. */
function story(trials: Trials): FakeHost {
  const host = new FakeHost({ stage: 4, trials, seed: 11 });
  for (let i = 0; i < 24; i++) {
    host.world.near = 1.2 + (i % 8) * 0.45;
    const verb =
      i % 3 === 2
        ? {
            verb: "twist",
            args: { linear_m_s: [0.1, 0.05, 0], angular_rad_s: [0, 0, 0], duration_ms: 600 + i * 10 },
          }
        : {};
    host
      .propose(
        calmMove(
          `tale-${i}`,
          { ...verb, evidence: { confidence_trajectory: [0.9, 0.9 - (i % 5) / 10, 0.8] } },
          0.1 + i / 60,
        ),
      )
      .pass(60);
    host.report(`tale-${i}`, "accepted").pass(40).report(`tale-${i}`, "completed").pass(40);
    if (i % 6 === 0 && host.pipeline.view().approvals.length > 0)
      host.approve(host.pipeline.view().approvals[0]!.actionId).pass(60);
  }
  return host.pass(2_000);
}

/** First run: what was asked. Then a pool answers, and the second run hears its answers. */
const requests: TrialRequest[] = [];
let wanted = "";
let reference: FakeHost;
beforeAll(() => {
  reference = story((request) => {
    requests.push(request);
    return trialsHere(request);
  });
  wanted = reference.digest();
});

/** Threads start slowly on a busy machine. */

describe("C22 replay", () => {
  test("the story has all three verdicts", () => {
    const verdicts = new Set(
      reference.receipts.flatMap((r) =>
        r.receipt_type === "gate_decision" ? [r.decision] : r.receipt_type === "block" ? ["RED"] : [],
      ),
    );
    expect([...verdicts].sort()).toEqual(expect.arrayContaining(["RED", "YELLOW"]));
    expect(requests.length).toBeGreaterThan(10);
  });
  test("the same events give the same bytes", () => expect(story(trialsHere).digest()).toBe(wanted));
  for (const size of [1, 2, 4])
    test(`a pool of ${size} gives the same bytes as the calling thread`, async () => {
      const pool: TrialPool = createTrialPool({ size, maxQueued: 1_000 });
      await pool.ready();
      const answers = new Map<string, TrialOutcome>();
      await Promise.all(
        requests.map(async (r) =>
          answers.set(`${r.actionId}/${r.requestId}`, await pool.run({ ...r, budgetMs: 120_000 })),
        ),
      );
      await pool.close();
      expect(story((r) => answers.get(`${r.actionId}/${r.requestId}`)!).digest()).toBe(wanted);
    });
  test("another seed gives other bytes", () => {
    const other = new FakeHost({ stage: 4, seed: 12 }).propose(calmMove("a")).pass(50);
    const same = new FakeHost({ stage: 4, seed: 11 }).propose(calmMove("a")).pass(50);
    expect(other.typed("monte_carlo")[0]!.terms["seed"]).not.toBe(
      same.typed("monte_carlo")[0]!.terms["seed"],
    );
  });
  test("receipts alone, with the deployment they name, give the same trials again", () => {
    const setting = {
      deployment: reference.deployment,
      kinematics: createKinematics(reference.deployment.robot),
    };
    const batches = reference.typed("monte_carlo");
    for (const batch of batches) {
      const decided = reference
        .about(batch.action_id)
        .find((r) => r.receipt_type === "gate_decision" || r.receipt_type === "block");
      if (decided?.receipt_type !== "gate_decision" && decided?.receipt_type !== "block")
        throw new Error("no decision");
      const stored = JSON.parse(canonicalText(batch)) as typeof batch;
      const again = replayTrials(
        stored,
        JSON.parse(canonicalText(decided.terms)) as typeof decided.terms,
        setting,
      );
      expect(
        again.ok && [again.value.n, again.value.safe, again.value.variance, again.value.meanOutcome],
      ).toEqual([batch.n_simulations, batch.terms["safe"], batch.variance, batch.mean_outcome]);
    }
    expect(batches.length).toBeGreaterThan(10);
  });
});
afterAll(() => void requests.splice(0));
