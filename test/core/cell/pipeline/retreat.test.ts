import { describe, expect, test } from "vitest";
import { createSim, simWorldOf } from "../../../../sim/index.ts";
import { track } from "../../../../sim/person.ts";
import { createPipeline, replayTrials } from "../../../../src/core/cell/pipeline/index.ts";
import {
  actionIdOf,
  type Code,
  type Deployment,
  type Effect,
  operatorIdOf,
  type ReceiptBody,
  ROLES,
} from "../../../../src/core/domain/index.ts";
import { createKinematics } from "../../../../src/core/robot/index.ts";
import { createInlineTrials } from "../../../../src/node/threads/index.ts";
import { DEMO_GATE_WITHOUT_HEAD, demoCell, demoMove } from "../../../node/demo-cell.ts";
import { inProcessNode, parsed } from "../../../node/in-process.ts";

const gateWith = (retreat: object, stage = 3): object => ({ ...DEMO_GATE_WITHOUT_HEAD, stage, retreat });
const ASKED = { codes: ["ZONE_STOP"] };
const ALONE = { ...ASKED, approval: false };
/** the person comes into the stop zone and stays; a second move is up to the story */
const COMES: [number, number, [number, number, number]] = [3, 4.5, [1.5, 0.1, 0]];
const STOPPED_BY = 6;

type Act = (cell: Cell) => void;
interface Cell {
  readonly node: ReturnType<typeof inProcessNode>["node"];
  readonly effects: Effect[];
  position(): number[];
  proposeRetreat(id?: string, by?: readonly number[], more?: object): void;
  ask(act: "reset" | "resume" | "kill"): { accepted: boolean };
  approve(id: string): { accepted: boolean; code: Code | null };
}
interface Setting {
  readonly gate?: object;
  readonly person?: Parameters<typeof track>[1][];
  readonly acts: readonly (readonly [atS: number, act: Act])[];
  readonly untilS?: number;
  readonly latencyUs?: number;
}
interface Tale {
  readonly effects: Effect[];
  readonly bodies: readonly ReceiptBody[];
  readonly deployment: Deployment;
  readonly states: string[];
  readonly digest: string;
  /** nearest that any part of the arm was to the person, from the moment of the permit on, by time */
  readonly separations: number[];
  readonly blocks: { readonly t: number; readonly first: boolean }[];
  about(id: string): string[];
}
const PULL_IN = [0, -0.2, 0.3, 0, 0, 0];

async function tale(setting: Setting): Promise<Tale> {
  const loaded = parsed(
    demoCell({ "rules.zones.danger.withinM": 1.5, gate: setting.gate ?? gateWith(ALONE) }),
  );
  const idle = createSim({ scenario: "idle", seed: 5 }).scenario;
  const path = track([3, 0.1, 0], COMES, ...(setting.person ?? []));
  const sim = createSim({
    scenario: {
      ...idle,
      person: { body: path, hand: { ...path, start: [3, 0.1, 1] } },
      actuatorLatencyUs: setting.latencyUs ?? idle.actuatorLatencyUs,
    },
    seed: 5,
  });
  const world = simWorldOf(sim, false);
  const effects: Effect[] = [];
  const blocks: Tale["blocks"] = [];
  const separations: number[] = [];
  const { node, receipts, at, drive } = inProcessNode({
    ...loaded,
    world,
    seed: 5,
    trials: createInlineTrials(),
    createPipeline,
    observe: (effect, t) => {
      effects.push(effect);
      if (effect.kind === "block") blocks.push({ t, first: effect.first });
    },
  });
  let asked = 0;
  const cell: Cell = {
    node,
    effects,
    position: () => Array.from(node.cell.reflex.motion.position),
    proposeRetreat(id = "back", by = PULL_IN, more = { retreat: true }) {
      const to = cell.position().map((v, j) => v + by[j]!);
      node.door.proposal(demoMove(id, to, 4_000, more), { transport: "test", caller: "bot" });
    },
    ask: (name) =>
      node.door.operator({
        act: name === "reset" ? { name, level: 1, retained: false } : { name },
        by: operatorIdOf("shift_lead"),
        roles: ROLES,
        requestId: `r${asked++}`,
        reason: "test",
      }),
    approve(id) {
      const row = node.cell.pipeline!.view().approvals.find((a) => a.actionId === actionIdOf(id));
      return node.door.approval({
        actionId: actionIdOf(id),
        granted: true,
        by: operatorIdOf("shift_lead"),
        roles: ["approve"],
        argsHash: row?.argsHash ?? "",
        configHash: loaded.hash,
        modelHash: row?.modelHash ?? "",
        reason: "looked at it",
        signature: "absent",
      });
    },
  };
  const acts: Setting["acts"] = [[1, (c) => void c.ask("resume")], ...setting.acts];
  for (const [atS, act] of acts) at(atS, () => act(cell));
  await drive(setting.untilS ?? 12, () => {
    if (effects.some((e) => e.kind === "permit")) separations.push(sim.truth().distanceM);
  });
  const bodies = effects.flatMap((e): ReceiptBody[] => (e.kind === "receipt" ? [e.receipt.body] : []));
  return {
    effects,
    bodies,
    deployment: loaded.deployment,
    blocks,
    separations,
    digest: receipts.digest(),
    states: bodies.flatMap((b) => (b.receipt_type === "state_change" ? [`${b.to} ${b.code}`] : [])),
    about: (id) =>
      bodies.flatMap((b) => {
        if (!("action_id" in b) || b.action_id !== id || b.receipt_type === "monte_carlo") return [];
        if ("decision" in b) return [`${b.receipt_type} ${b.decision}`];
        if ("outcome" in b) return [`${b.receipt_type} ${b.outcome} ${"code" in b ? b.code : ""}`.trim()];
        return ["code" in b ? `${b.receipt_type} ${b.code}` : b.receipt_type];
      }),
  };
}
const propose: Act = (c) => c.proposeRetreat();
const RAN = ["gate_decision YELLOW", "permit_used released PERMIT_RELEASED"];

describe("C25 a block lets the arm back away, and nothing else", () => {
  test("the arm moves away, is blocked again, and only reset and resume lead back to work", async () => {
    const story = await tale({ acts: [[STOPPED_BY, propose]] });
    expect(story.about("back")).toEqual([
      ...RAN,
      "permit_used completed ACTION_COMPLETED",
      "watcher completed ACTION_COMPLETED",
    ]);
    expect(story.states.slice(-3)).toEqual([
      "STOPPED ZONE_STOP",
      "RETREATING CELL_RETREATING",
      "STOPPED RETREAT_ENDED",
    ]);
    // the simulator's own distance does not fall once leave was given, but for the play of its servos
    expect(Math.min(...story.separations)).toBeGreaterThanOrEqual(story.separations[0]! - 1e-3);
    expect(
      story.effects.every(
        (e) => e.kind !== "heartbeat" || !e.mayMove || e.state === "RUNNING" || e.state === "SLOW",
      ),
    ).toBe(true);
  });

  test("while it moves the heartbeat forbids everything else, no block goes out, and the first one after it does at once", async () => {
    const story = await tale({ acts: [[STOPPED_BY, propose]] });
    const at = (fits: (e: Effect) => boolean): number => story.effects.findIndex(fits);
    const permit = at((e) => e.kind === "permit");
    const done = story.effects.findIndex(
      (e) =>
        e.kind === "receipt" &&
        e.receipt.body.receipt_type === "permit_used" &&
        e.receipt.body.outcome === "completed",
    );
    const during = story.effects.slice(permit, done);
    expect(during.filter((e) => e.kind === "heartbeat").length).toBeGreaterThan(20);
    expect(during.every((e) => e.kind !== "heartbeat" || (!e.mayMove && e.state === "RETREATING"))).toBe(
      true,
    );
    const blocks = during.filter((e) => e.kind === "block");
    expect(blocks.length).toBe(1);
    expect(blocks[0]).toMatchObject({ first: true, code: "RETREAT_ENDED" });
    expect(story.effects.slice(done).filter((e) => e.kind === "block").length).toBeGreaterThan(20);
  });
  test("the same story twice is the same to the byte", async () => {
    const once = await tale({ acts: [[STOPPED_BY, propose]] });
    expect((await tale({ acts: [[STOPPED_BY, propose]] })).digest).toBe(once.digest);
  });
  test("C22 its receipts alone give the same trials again", async () => {
    const { bodies, deployment } = await tale({ acts: [[STOPPED_BY, propose]], untilS: 8 });
    const batch = bodies.find((b) => b.receipt_type === "monte_carlo")!;
    const decision = bodies.find((b) => b.receipt_type === "gate_decision")!;
    const again = replayTrials(batch, decision.terms, {
      deployment,
      kinematics: createKinematics(deployment.robot),
    });
    expect(again).toMatchObject({
      ok: true,
      value: { n: 100, meanOutcome: batch.mean_outcome, variance: batch.variance, safe: batch.terms["safe"] },
    });
  });
  test("unless the deployment leaves it to the gate, a person is asked first, and everything is checked again", async () => {
    const asked = await tale({ gate: gateWith(ASKED), acts: [[STOPPED_BY, propose]] });
    expect(asked.about("back")).toEqual(["block RETREAT_NEEDS_PERSON"]);
    expect(asked.effects.some((e) => e.kind === "permit")).toBe(false);
    const yes: Act = (c) => expect(c.approve("back")).toMatchObject({ accepted: true });
    const approved = await tale({
      gate: gateWith(ASKED),
      acts: [
        [STOPPED_BY, propose],
        [STOPPED_BY + 0.5, yes],
      ],
    });
    expect(approved.about("back").slice(-2)).toEqual([
      "permit_used completed ACTION_COMPLETED",
      "watcher completed ACTION_COMPLETED",
    ]);
    // between question and answer the person came nearer to where the arm would go
    const late = await tale({
      gate: gateWith(ASKED),
      person: [
        [STOPPED_BY + 0.5, STOPPED_BY + 2.5, [1.3, -0.9, 0]],
        [8.6, 9.4, [0.75, -0.85, 0]],
      ],
      acts: [
        [STOPPED_BY, propose],
        [10, yes],
      ],
    });
    expect(late.about("back").at(-1)).toMatch(/^block RETREAT_/);
    expect(late.about("back").at(-2)).toMatch(/^permit_used withheld RETREAT_/);
    expect(late.effects.some((e) => e.kind === "permit")).toBe(false);
  });
  test("somebody who walks up to it stops it, latched; a second retreat waits for the reset", async () => {
    const story = await tale({
      person: [[7.2, 8, [1.1, 0.25, 0]]],
      acts: [
        [STOPPED_BY, propose],
        [10, (c) => c.proposeRetreat("again")],
      ],
    });
    expect(story.about("back").slice(-2)).toEqual([
      "permit_used revoked RETREAT_BREACH",
      "watcher breach RETREAT_BREACH",
    ]);
    expect(story.states.at(-1)).toBe("STOPPED RETREAT_BREACH");
    expect(story.effects.some((e) => e.kind === "revoke")).toBe(true);
    expect(story.about("again")).toEqual(["block RETREAT_CAUSE"]);
  });
  test.each<[string, Act, RegExp]>([
    ["a kill", (c) => void c.ask("kill"), /^STOPPED KILLED$/],
    ["an e-stop", (c) => press(c), /^STOPPED ESTOP_PRESSED$/],
    [
      "a scanner that sends nonsense",
      (c) => mute(c, "base_scan"),
      /^STOPPED (RETREAT_BREACH|REJECTS_EXCEEDED|SOURCE_SILENT)$/,
    ],
    [
      "a joint that is not heard",
      (c) => mute(c, "joint_states"),
      /^STOPPED (RETREAT_BREACH|REJECTS_EXCEEDED|SOURCE_SILENT)$/,
    ],
  ])("%s in the midst of it stops it at once", async (_, act, wanted) => {
    const story = await tale({
      acts: [
        [STOPPED_BY, propose],
        [7.5, act],
      ],
    });
    expect(story.states.at(-1)).toMatch(wanted);
    expect(story.about("back").at(-1)).toMatch(/^watcher (aborted|breach)/);
    expect(story.blocks.some((b) => b.first && b.t >= 7.49e6 && b.t <= 7.7e6)).toBe(true);
  });
  test.each<[string, readonly (readonly [number, Act])[], string]>([
    ["without the mark", [[STOPPED_BY, (c) => c.proposeRetreat("back", PULL_IN, {})]], "GATE_CELL_BLOCKED"],
    ["in a cell that runs", [[2, propose]], "RETREAT_NOT_BLOCKED"],
    ["before the arm stands", [[4.05, propose]], "RETREAT_"],
    [
      "towards the person",
      [[STOPPED_BY, (c) => c.proposeRetreat("back", [0, 0.2, -0.3, 0, 0, 0])]],
      "RETREAT_TOWARDS",
    ],
    [
      "under an e-stop",
      [
        [5, (c) => press(c)],
        [STOPPED_BY, propose],
      ],
      "RETREAT_CAUSE",
    ],
    [
      "after a kill",
      [
        [5, (c) => void c.ask("kill")],
        [STOPPED_BY, propose],
      ],
      "RETREAT_CAUSE",
    ],
  ])("refused %s", async (_, acts, code) => {
    const story = await tale({ acts, untilS: 8 });
    expect(story.about("back")).toHaveLength(1);
    expect(story.about("back")[0]).toContain(`block ${code}`);
    expect(story.effects.some((e) => e.kind === "permit")).toBe(false);
  });
  test("in shadow it is judged like everything, and the arm never hears of it", async () => {
    const story = await tale({ gate: gateWith(ALONE, 0), acts: [[STOPPED_BY, propose]] });
    expect(story.about("back")).toEqual(["gate_decision YELLOW"]);
    expect(story.effects.some((e) => e.kind === "permit")).toBe(false);
  });
  test("reset and resume in the midst of it do not set the cell free", async () => {
    const story = await tale({
      acts: [
        [STOPPED_BY, propose],
        [7.5, (c) => void c.ask("reset")],
        [7.6, (c) => expect(c.ask("resume").accepted).toBe(false)],
      ],
    });
    expect(story.states.at(-1)).toBe("STOPPED RETREAT_ENDED");
  });
});

function mute(cell: Cell, channel: string): void {
  const { index } = cell.node.channels.find((c) => c.name === channel)!;
  for (let k = 0; k < 8; k++) cell.node.door.fault(index, "SAMPLE_NOT_FINITE", "noise");
}
function press(cell: Cell): void {
  const { index } = cell.node.channels.find((c) => c.name === "estop")!;
  cell.node.door.sample(index, [0, 0], 2, -1, -1);
}
