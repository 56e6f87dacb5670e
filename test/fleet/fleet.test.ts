import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createDecisionCounter } from "../../src/fleet/cell-end/decision-counter.ts";
import {
  open,
  fleetNumbers,
  readAgentState,
  readPlanFile,
  RolloutFolder,
  seal,
  writeAgentState,
} from "../../src/fleet/index.ts";
import { firstReportOf } from "../../src/fleet/cell-end/cell-files.ts";
import { forbiddenChange } from "../../src/fleet/cell-end/rule-changes.ts";
import {
  createCellAgent,
  createRollout,
  FRESH_AGENT,
  type FleetOrder,
  type KillState,
  STRUCTURAL_CAPS,
} from "../../src/core/rollout/index.ts";
import { NEW, OLD } from "../core/rollout/fleet.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-fleet-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keys = () => generateKeyPairSync("ed25519");
const order = (more: Partial<FleetOrder> = {}): FleetOrder => ({
  format: "cellgate-order-1",
  fleet: "line",
  plan: "p1",
  seq: 5,
  issuedUs: 1_000,
  expiresUs: 2_000,
  targets: ["c0"],
  do: "apply",
  slot: "head",
  artefact: NEW,
  from: OLD,
  generation: 1,
  ...more,
});
const kill = (epoch: number, killed: boolean): KillState => ({
  format: "cellgate-kill-1",
  fleet: "line",
  epoch,
  killed,
  reason: "",
  issuedUs: 0,
});
const agentOf = () => createCellAgent({ cell: "c0", fleet: "line" });

describe("F36 each cell enforces its own rules", () => {
  test("before the kill state is known no order is carried out; going back is", () => {
    const agent = agentOf();
    expect(agent.order(order(), 1_500).code).toBe("ORDER_KILL_UNKNOWN");
    expect(agent.order(order({ do: "rollback" }), 1_500).act).toBe("rollback");
    agent.kill(kill(1, false));
    expect(agent.order(order({ seq: 6 }), 1_500).act).toBe("apply");
    agent.disconnected();
    expect(agent.order(order({ seq: 7 }), 1_500).code).toBe("ORDER_KILL_UNKNOWN");
  });
  test("a cell that missed the kill learns it on reconnect before acting; an older state does not lift it", () => {
    const agent = agentOf();
    agent.kill(kill(1, false));
    agent.disconnected();
    expect(agent.kill(kill(2, true))).toBe(true);
    expect(agent.order(order(), 1_500).code).toBe("ROLLOUT_KILLED");
    agent.kill(kill(1, false));
    agent.kill(kill(2, false));
    expect(agent.state.killed).toBe(true);
    agent.kill(kill(3, false));
    expect(agent.order(order(), 1_500).act).toBe("apply");
  });
  test("after a restart an old order is still old, and a kill still holds", () => {
    const agent = createCellAgent(
      { cell: "c0", fleet: "line" },
      {
        ...FRESH_AGENT,
        lastSeq: 9,
        killEpoch: 4,
        killed: true,
      },
    );
    agent.kill(kill(3, false));
    expect(agent.order(order({ seq: 9 }), 1_500).code).toBe("ORDER_REPLAYED");
    expect(agent.order(order({ seq: 10 }), 1_500).code).toBe("ROLLOUT_KILLED");
  });
  test("an order that a crash cut short is not answered after the restart, until it is said again", () => {
    const agent = agentOf();
    agent.kill(kill(1, false));
    expect(agent.order(order({ seq: 5 }), 1_500).act).toBe("apply");
    expect(agent.state).toMatchObject({ lastSeq: 5, answeredSeq: -1 });
    const again = createCellAgent({ cell: "c0", fleet: "line" }, agent.state);
    again.kill(kill(1, false));
    expect(again.order(order({ seq: 5 }), 1_500).code).toBe("ORDER_REPLAYED");
    expect(again.state.answeredSeq).toBe(-1);
    expect(again.order(order({ seq: 6 }), 1_500, order().artefact).code).toBe("ORDER_ALREADY");
    expect(again.settled()).toBe(true);
    expect(again.state).toMatchObject({ lastSeq: 6, answeredSeq: 6 });
    expect(again.settled()).toBe(false);
  });
  test.each([
    ["ORDER_EXPIRED", { expiresUs: 1_400 }],
    ["ORDER_EXPIRED", { expiresUs: 9e12 }],
    ["ORDER_NOT_FOR_US", { targets: ["c1"] }],
    ["ORDER_NOT_FOR_US", { fleet: "other" }],
    ["CAP_GENERATIONS", { generation: 2 }],
  ] as const)("%s", (code, more) => {
    const agent = agentOf();
    agent.kill(kill(1, false));
    expect(agent.order(order(more as Partial<FleetOrder>), 1_500).code).toBe(code);
  });
});

describe("clocks and moves", () => {
  const HOUR = 3_600_000_000;
  test("the cell's clock far behind or ahead: no order that goes on is taken, going back is", () => {
    for (const [nowUs, code] of [
      [2_000 + HOUR, "ORDER_EXPIRED"],
      [1_500 - HOUR, "ORDER_AHEAD"],
    ] as const) {
      const agent = agentOf();
      agent.kill(kill(1, false));
      expect(agent.order(order(), nowUs).code).toBe(code);
      expect(agent.state).toMatchObject({ lastSeq: -1, guard: { total: 0 } });
      expect(agent.order(order({ do: "rollback" }), nowUs).act).toBe("rollback");
      expect(agent.order(order({ do: "rollback" }), nowUs).code).toBe("ORDER_REPLAYED");
    }
  });
  test("an order says what it changes from: a cell that holds something else takes neither it nor a cap", () => {
    const agent = agentOf();
    agent.kill(kill(1, false));
    expect(agent.order(order(), 1_500, "third", "third").code).toBe("ORDER_STATE_DIFFERS");
    expect(agent.state).toMatchObject({ lastSeq: 5, guard: { total: 0 } });
    const back = order({ seq: 6, do: "rollback", artefact: OLD, from: NEW });
    expect(agent.order(back, 1_500, "third", "third").code).toBe("ORDER_STATE_DIFFERS");
    expect(agent.order(order({ seq: 7 }), 1_500, OLD, OLD).act).toBe("apply");
    // it changes: what it has is not known
    expect(agent.order({ ...back, seq: 8 }, 1_500, undefined, undefined).act).toBe("rollback");
  });
  test("moved to another fleet: numbers begin anew, a kill and used-up caps come along", () => {
    const caps = { ...STRUCTURAL_CAPS, itemsPerDay: 1 };
    const agent = createCellAgent({ cell: "c0", fleet: "line", caps });
    agent.kill(kill(1e12, false));
    agent.order(order({ seq: 1e15 }), 1_500);
    agent.order(order({ seq: 1e15 + 1 }), 1_500);
    agent.kill(kill(2e12, true));
    writeAgentState(folder, agent.state);
    const setting = { cell: "c0", fleet: "line2", caps };
    const moved = createCellAgent(setting, readAgentState(folder));
    expect(moved.state).toMatchObject({ killed: true, lastSeq: -1, guard: { tripped: "CAP_ITEMS_PER_DAY" } });
    expect(moved.kill({ ...kill(3, false), fleet: "line" })).toBe(false);
    expect(moved.order(order({ fleet: "line2" }), 1_500).code).toBe("ROLLOUT_KILLED");
    expect(moved.kill({ ...kill(0, false), fleet: "line2" })).toBe(true);
    expect(moved.informed).toBe(true);
    expect(moved.order(order({ fleet: "line2" }), 1_500).code).toBe("CAP_ITEMS_PER_DAY");
  });
  test("reports of a later process count on, also with a clock that was set back, and over a damaged note", () => {
    const first = firstReportOf(folder);
    writeFileSync(join(folder, "fleet", "first-report"), String(first + 1e12));
    const second = firstReportOf(folder);
    expect(second).toBeGreaterThan(first + 1e12);
    expect(firstReportOf(folder)).toBeGreaterThan(second);
    writeFileSync(join(folder, "fleet", "first-report"), "?");
    expect(firstReportOf(folder)).toBeGreaterThanOrEqual(first);
  });
});

describe("caps of a cell", () => {
  const caps = { ...STRUCTURAL_CAPS, itemsPerDay: 2 };
  test("hitting one latches over a restart; an order for what the cell holds uses up nothing", () => {
    const agent = createCellAgent({ cell: "c0", fleet: "line", caps });
    agent.kill(kill(1, false));
    expect(agent.order(order({ seq: 6 }), 1_500, NEW).code).toBe("ORDER_ALREADY");
    expect(agent.order(order({ seq: 7 }), 1_500).act).toBe("apply");
    expect(agent.order(order({ seq: 8 }), 1_500).act).toBe("apply");
    expect(agent.order(order({ seq: 9 }), 1_500).code).toBe("CAP_ITEMS_PER_DAY");
    writeAgentState(folder, agent.state);
    const again = createCellAgent({ cell: "c0", fleet: "line", caps }, readAgentState(folder));
    again.kill(kill(1, false));
    const tomorrow = 86_400_000_000;
    const late = order({ seq: 10, issuedUs: tomorrow, expiresUs: tomorrow + 1_000 });
    expect(again.order(late, tomorrow).code).toBe("CAP_ITEMS_PER_DAY");
    expect(again.order({ ...late, seq: 11, do: "rollback" }, tomorrow).act).toBe("rollback");
  });
  test("what it remembers of its fleet is unreadable: killed, and no order is taken", () => {
    writeFileSync(join(folder, "fleet", "agent.json"), "{");
    const agent = createCellAgent({ cell: "c0", fleet: "line" }, readAgentState(folder));
    expect(agent.state).toMatchObject({ killed: true, guard: { tripped: "FLEET_STATE_UNREADABLE" } });
    agent.kill(kill(5, false));
    expect(agent.order(order(), 1_500).act).toBe("none");
  });
  test("numbers of rules change only where the cell's deployment says so, and within its bounds", () => {
    const rules = { force: { wrist: { maxForceN: 90, slowForceN: 60 } } };
    const to = (maxForceN: unknown, slowForceN = 60) => ({ force: { wrist: { maxForceN, slowForceN } } });
    const mayChange = { "rules.force.wrist.maxForceN": { min: 20, max: 95 } };
    expect(forbiddenChange(rules, to(95), mayChange)).toBeNull();
    expect(forbiddenChange(rules, to(96), mayChange)).toMatch(/\[20, 95\], got 96/);
    expect(forbiddenChange(rules, to(Number.NaN), mayChange)).toMatch(/NaN/);
    expect(forbiddenChange(rules, to(80, 50), mayChange)).toMatch(/slowForceN may not be changed/);
    expect(forbiddenChange(rules, {}, mayChange)).toMatch(/may not be changed|expected a number/);
    expect(forbiddenChange(rules, { ...rules, extra: true }, mayChange)).toMatch(/extra/);
  });
  test("what a blocked cell refused is no decision; what could not be judged is a failed one", () => {
    const counter = createDecisionCounter();
    const say = (body: object) =>
      counter.observe({ kind: "receipt", receipt: { body } } as unknown as Parameters<
        typeof counter.observe
      >[0]);
    say({ receipt_type: "block", code: "GATE_CELL_BLOCKED" });
    say({ receipt_type: "watcher", outcome: "breach" });
    expect(counter.take()).toEqual({ decisions: 0, failures: 0 });
    say({ receipt_type: "gate_decision" });
    say({ receipt_type: "block", code: "TRIALS_LATE" });
    say({ receipt_type: "block", code: "TARGET_UNKNOWN" });
    expect(counter.take()).toEqual({ decisions: 3, failures: 2 });
    expect(counter.take()).toEqual({ decisions: 0, failures: 0 });
  });
});

describe("a rollout on disk", () => {
  const write = (text: string): string => {
    const file = join(folder, "plan.yaml");
    writeFileSync(file, text);
    return file;
  };
  const [key, second, third] = ["ab", "cd", "ef"].map((pair) => pair.repeat(32));
  const base = [
    "rollout: r1",
    "automation: enable-stage",
    `fleet: { url: "mqtt://127.0.0.1:1", base: plant, name: line, keyFile: k, cells: { a: ${key}, b: ${second}, k: ${third} } }`,
    "change: { stage: 1, previous: 0 }",
    "baselineCells: [k]",
  ];
  test("plan, memory, requests and status come back", () => {
    const read = readPlanFile(write(base.join("\n")));
    if (!read.ok) throw new Error(read.error.what);
    expect(read.value.plan).toMatchObject({ cells: ["a", "b"], artefact: "stage:1", previous: "stage:0" });
    const on = new RolloutFolder(folder, "r1");
    on.freeze(read.value);
    const rollout = createRollout(on.plan().plan);
    rollout.step({ kind: "person", atUs: 5, by: "a", act: "start", reason: "" });
    on.keep(rollout.memory);
    expect(createRollout(on.plan().plan, on.memory()).memory).toEqual(rollout.memory);
    on.ask({ act: "advance", by: "anna", reason: "seen" });
    on.ask({ act: "abort", by: "anna", reason: "no" });
    expect(on.takeRequests().map((r) => r.act)).toEqual(["advance", "abort"]);
    expect(on.takeRequests()).toEqual([]);
    expect(on.status().view.state).toBe("planned");
  });
  test("what was changed or damaged after it was frozen goes nowhere; a kill still finds its fleet", () => {
    const read = readPlanFile(write(base.map((l) => l.replace("r1", "r2")).join("\n")));
    if (!read.ok) throw new Error(read.error.what);
    const on = new RolloutFolder(folder, "r2");
    on.freeze(read.value);
    const frozen = readFileSync(join(on.path, "plan.json"), "utf8");
    writeFileSync(join(on.path, "plan.json"), frozen.replace('"minDecisions":200', '"minDecisions":59'));
    expect(() => on.plan()).toThrow(/changed after it was audited/);
    expect(on.planForKill().fleet?.name).toBe("line");
    writeFileSync(join(on.path, "plan.json"), frozen);
    expect(on.plan()).toEqual(read.value);
    writeFileSync(join(on.path, "memory.json"), frozen.slice(0, 50));
    expect(() => on.memory()).toThrow(/memory.json is damaged/);
    const numbers = fleetNumbers(folder, "line");
    expect(numbers.read()).toEqual({ epoch: 0, killed: false, seq: 0 });
    numbers.write({ epoch: 1, killed: true, seq: 5 });
    writeFileSync(join(folder, "fleet-line.json"), '{"epoch":1');
    expect(() => numbers.read()).toThrow(/fleet-line.json is damaged/);
  });
  test("an artefact that no order can carry is refused when it is planned", () => {
    const lines = base.map((l) => l.replace("enable-stage", "promote-head"));
    const head = (bytes: number) => {
      writeFileSync(join(folder, "large.json"), "x".repeat(bytes));
      const plan = lines.map((l) => l.replace("stage: 1, previous: 0", "head: large.json"));
      const read = readPlanFile(write(plan.join("\n")));
      return read.ok ? "" : read.error.what;
    };
    expect(head(7_000_000)).toMatch(/7000000 bytes are too many for an order/);
    expect(head(6_000_000)).toBe("");
  });
  test.each([
    ["unknown key", [...base, "stages: [1, 100]"], /stages/],
    ["raised cap", [...base, "caps: { itemsPerRun: 51 }"], /CAP_RAISED/],
    ["raised generation", [...base, "generation: 2"], /CAP_GENERATIONS/],
    ["no baseline", base.slice(0, 4), /keep the old state/],
    ["a cell without key", [...base, "cells: [a, z]"], /no key of z/],
    ["wrong change", base.map((l) => l.replace("stage: 1, previous: 0", "head: x.json")), /changes stage/],
    ["same state", base.map((l) => l.replace("previous: 0", "previous: 1")), /stage 1 after 1/],
    ["a stage left out", base.map((l) => l.replace("stage: 1", "stage: 2")), /stage 2 after 0/],
    ["a copied disk", base.map((l) => l.replace(`b: ${second}`, `b: ${key}`)), /a and b have the same key/],
    ["too little evidence", [...base, "judge: { minDecisions: 10 }"], /minDecisions/],
  ])("%s is refused", (_what, lines, words) => {
    const read = readPlanFile(write(lines.join("\n")));
    expect(read.ok ? "" : read.error.what).toMatch(words);
  });
});

describe("signatures", () => {
  const { privateKey, publicKey } = keys();
  test("any changed byte, another key, or no key is refused", () => {
    const text = seal(order(), privateKey);
    expect(open(Buffer.from(text), () => publicKey).ok).toBe(true);
    expect(open(Buffer.from(text.replace('"c0"', '"c9"')), () => publicKey)).toMatchObject({
      code: "ORDER_SIGNATURE",
    });
    expect(open(Buffer.from(text), () => keys().publicKey)).toMatchObject({ code: "ORDER_SIGNATURE" });
    expect(open(Buffer.from(text), () => null)).toMatchObject({ code: "ORDER_SIGNATURE" });
    for (const bad of ["", "{", "[]", text.replace("apply", "format"), text.slice(0, -9)])
      expect(open(Buffer.from(bad), () => publicKey)).toMatchObject({ code: "ORDER_MALFORMED" });
  });
});
