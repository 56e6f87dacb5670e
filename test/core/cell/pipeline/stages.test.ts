import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { STAGES } from "../../../../src/core/cell/pipeline/index.ts";
import type { EpochMicros, StoredStage } from "../../../../src/core/domain/index.ts";
import { calmMove, EVIDENCE, FakeHost, freshId, NO_DEFERRAL } from "./fake-host.ts";

const calm = (id: string, host: FakeHost) =>
  calmMove(id, { evidence: { ...EVIDENCE, reasoning_started_at: 1_700_000_000_000_000 + host.nowUs } });
const atStage = (stage: number) => {
  const host = new FakeHost({ stage, gate: NO_DEFERRAL });
  const id = freshId();
  host.propose(calm(id, host)).pass(50);
  return { host, id };
};

describe("switches and stages", () => {
  test("all switches start off: shadow", () => {
    expect(Object.values(STAGES[0]!).every((on) => on === false)).toBe(true);
    expect(new FakeHost().pipeline.view()).toMatchObject({ stage: 0, enforced: false });
  });
  test("F34 shadow judges the whole gate, writes enforced: false, and nothing leaves", () => {
    const { host, id } = atStage(0);
    expect(host.story(id)).toEqual(["gate_decision GREEN"]);
    expect(host.typed("gate_decision")[0]!.enforced).toBe(false);
    host.pass(5_000);
    expect(host.of("permit")).toEqual([]);
    expect(host.of("revoke")).toEqual([]);
    expect(host.pipeline.view().open).toEqual([]);
  });
  test("a RED in shadow asks nobody", () => {
    const host = new FakeHost();
    host.world.energy = null;
    host.propose(calmMove("x")).pass(50);
    expect(host.typed("block")[0]).toMatchObject({ enforced: false, requires_approval: false });
  });
  test("stage 1 knows no GREEN", () =>
    expect(atStage(1).host.typed("gate_decision")[0]!.decision).toBe("YELLOW"));
  test("stage 2 knows no GREEN: it would rest on trials", () =>
    expect(atStage(2).host.typed("gate_decision")[0]!.decision).toBe("YELLOW"));
  test("stage 3 knows GREEN", () =>
    expect(atStage(3).host.typed("gate_decision")[0]!.decision).toBe("GREEN"));
  test("the receipt tells what the whole gate said", () =>
    expect(atStage(1).host.typed("gate_decision")[0]!.terms["full_verdict"]).toBe("GREEN"));
  test("before Monte Carlo counts, missing trials are no reason to refuse", () => {
    const host = new FakeHost({
      stage: 2,
      gate: NO_DEFERRAL,
      trials: () => ({ kind: "failed", reason: "crash", detail: "" }),
    });
    const id = freshId();
    host.propose(calm(id, host)).pass(50);
    expect(host.story(id)).toEqual(["gate_decision YELLOW", "permit_used released"]);
  });
  test("permits are made in one place only", () => {
    const folder = join(import.meta.dirname, "../../../../src/core/cell/pipeline");
    const makers = readdirSync(folder).filter((f) =>
      /kind: "permit"/.test(readFileSync(join(folder, f), "utf8")),
    );
    expect(makers).toEqual(["release.ts"]);
  });
});

describe("advancing asks for evidence", () => {
  const gate = `${NO_DEFERRAL}  stageEvidence: { minDecisions: 60 }\n`;
  const judged = (count: number) => {
    const host = new FakeHost({ gate });
    for (let i = 0; i < count; i++) host.propose(calmMove(freshId(), {}, 0.05 + i / 1_000)).pass(100);
    return host.pass(3_000);
  };
  test("refused without decisions, with a receipt and an outcome", () => {
    const host = new FakeHost({ gate }).stage(1);
    expect(host.pipeline.view().stage).toBe(0);
    expect(host.of("outcome").map((o) => [o.accepted, o.code])).toEqual([[false, "STAGE_REFUSED"]]);
    expect(host.typed("config_change")).toHaveLength(1);
  });
  test("granted with enough clean decisions, one stage at a time", () => {
    const host = judged(70);
    expect(host.pipeline.view().evidence).toMatchObject({ sufficient: true, decisions: 70 });
    expect(host.stage(2).pipeline.view().stage).toBe(0);
    expect(host.stage(1).pipeline.view().stage).toBe(1);
    expect(host.typed("config_change").at(-1)!.details).toMatchObject({
      outcome: "switched",
      from: 0,
      to: 1,
    });
    expect(host.stage(2).pipeline.view().stage).toBe(1);
  });
  test("a cell that stopped during passed actions speaks against it", () => {
    const host = new FakeHost({ gate });
    for (let i = 0; i < 70; i++) {
      host.propose(calmMove(freshId(), {}, 0.05 + i / 1_000)).pass(100);
      if (i % 10 === 0) host.pipeline.stopped("KILLED");
    }
    host.pass(3_000);
    expect(host.pipeline.view().evidence["sufficient"]).toBe(false);
    expect(host.stage(1).pipeline.view().stage).toBe(0);
  });
  test("only a person who may configure", () => {
    const host = judged(70).stage(1, ["approve"]);
    expect(host.pipeline.view().stage).toBe(0);
  });
  test("back is always possible, at once, and takes waiting requests along", () => {
    const host = new FakeHost({ stage: 3, trials: () => ({ kind: "failed", reason: "crash", detail: "" }) });
    host.propose(calmMove("waits")).pass(50);
    expect(host.pipeline.view().approvals).toHaveLength(1);
    host.stage(0);
    expect(host.pipeline.view()).toMatchObject({ stage: 0, approvals: [] });
    expect(host.story("waits")).toEqual(["block TRIALS_CRASHED", "approval void"]);
  });
  test("back to shadow between verdict and release: nothing is released", () => {
    const host = new FakeHost({ stage: 3, gate: NO_DEFERRAL, storedUs: 50_000 });
    const id = freshId();
    host.propose(calm(id, host)).pass(20).stage(0).pass(100);
    expect(host.of("permit")).toEqual([]);
    expect(host.story(id)).toEqual(["gate_decision GREEN", "permit_used withheld", "block STAGE_SWITCHED"]);
  });
});

describe("the stage outlives a restart", () => {
  const restarted = (stage: StoredStage | undefined, own = 0, yaml?: (text: string) => string) => {
    const host = new FakeHost({ stage: own, gate: NO_DEFERRAL, ...(yaml && { yaml }) });
    host.pipeline.start({
      kind: "start",
      ...host.at(),
      boot: 2,
      epoch: 0 as EpochMicros,
      latched: [],
      ledgerFault: null,
      configHash: host.configHash,
      seed: 1,
      ...(stage && { stage }),
    });
    return host;
  };
  const same = new FakeHost({ gate: NO_DEFERRAL }).configHash;
  const stored = (stage: number, configHash = same): StoredStage => ({ kind: "read", stage, configHash });

  test("what a person switched is handed on to be kept, what was refused is not", () => {
    const host = new FakeHost({ stage: 3 }).stage(1).stage(3);
    expect(host.of("keepStage").map((e) => e.stage)).toEqual([1]);
  });
  test("it comes up in the stored stage, with a receipt and without its evidence", () => {
    const host = restarted(stored(2));
    expect(host.pipeline.view()).toMatchObject({ stage: 2, enforced: true });
    expect(host.pipeline.view().evidence["decisions"]).toBe(0);
    expect(host.typed("config_change").at(-1)).toMatchObject({ what: "gate.stage", by: "cell" });
  });
  test("a stage that was taken back stays back, whatever the deployment begins with", () =>
    expect(restarted(stored(1, "another"), 4).pipeline.view().stage).toBe(1));
  test("under another configuration it is never higher than that configuration says", () =>
    expect(restarted(stored(4, "another"), 1).pipeline.view().stage).toBe(1));
  test("what cannot be read is shadow, whatever the deployment begins with", () => {
    const host = restarted({ kind: "damaged", detail: "torn" }, 4);
    expect(host.pipeline.view()).toMatchObject({ stage: 0, enforced: false });
    expect(host.of("alarm").map((a) => a.code)).toEqual(["STAGE_STATE_LOST"]);
    expect(host.propose(calmMove("after")).pass(100).of("permit")).toEqual([]);
  });
  test("a first start begins where the deployment says, without a word", () => {
    const host = restarted(undefined, 2);
    expect(host.pipeline.view().stage).toBe(2);
    expect(host.typed("config_change")).toEqual([]);
  });
});
