import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/command.ts";
import { rawKeyHex } from "../../src/edge/keys/index.ts";
import {
  type Centre,
  type CellLink,
  type FleetReport,
  openCellLink,
  openCentre,
  openVoice,
  seal,
} from "../../src/fleet/index.ts";
import {
  FRESH_AGENT,
  makePlan,
  type RolloutEffect,
  type RolloutMemory,
  STRUCTURAL_CAPS,
} from "../../src/core/rollout/index.ts";
import { runCommand } from "../cli/run-command.ts";
import { Broker, MOSQUITTO_MISSING, Peer } from "../edge/transports/mqtt/broker.ts";
import { until } from "./live-fleet.ts";

const why = MOSQUITTO_MISSING === null ? "" : ` (skipped: ${MOSQUITTO_MISSING})`;
type Keys = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
const keys = (): Keys => generateKeyPairSync("ed25519");
const OLD = "stage:0";
const NEW = "stage:1";

/** One centre and cells of this process at a real broker; somebody with bad intentions is there as well. */
describe.skipIf(MOSQUITTO_MISSING !== null)(`a centre that is lied to, over a real broker${why}`, () => {
  const broker = new Broker();
  const fleetKeys = keys();
  const cellKeys = { c0: keys(), c1: keys(), k0: keys() };
  type Name = keyof typeof cellKeys;
  const held: Record<string, string> = {};
  let peer: Peer;
  let numbers = { epoch: 0, killed: false, seq: 0 };
  let memory: RolloutMemory | null = null;
  let diskFull = false;
  const receipts: Extract<RolloutEffect, { kind: "receipt" }>[] = [];
  const open: { close(): Promise<void> }[] = [];

  const plan = makePlan({
    ...{ id: "p", automation: "enable-stage", artefact: NEW, previous: OLD },
    cells: ["c0", "c1"],
    baselineCells: ["k0"],
    judge: { minDecisions: 59, dwellUs: 1_000_000 },
  });
  const startCell = (name: Name, decisions = 5): CellLink => {
    held[name] ??= OLD;
    const link = openCellLink({
      ...{ access: { url: broker.url }, base: "plant", fleet: "line", cell: name, reportMs: 50 },
      fleetKey: fleetKeys.publicKey,
      cellKey: cellKeys[name].privateKey,
      caps: STRUCTURAL_CAPS,
      restored: FRESH_AGENT,
      end: {
        holds: () => ({ stage: held[name]! }),
        carryOut: async (order) => {
          held[name] = order.artefact;
          return null;
        },
        waitsFor: () => null,
        killed: () => undefined,
        persist: () => undefined,
        counts: () => ({ decisions, failures: 0 }),
        blocked: true,
        answered: () => undefined,
      },
    });
    open.push(link);
    return link;
  };
  const startCentre = async (): Promise<Centre> => {
    if (!plan.ok) throw new Error(plan.error.detail);
    const centre = await openCentre({
      ...{ access: { url: broker.url }, base: "plant", fleet: "line", slot: "stage", bundle: null },
      plan: plan.value,
      fleetKey: fleetKeys.privateKey,
      cellKeys: new Map(Object.entries(cellKeys).map(([name, { publicKey }]) => [name, publicKey])),
      tickMs: 20,
      memory,
      numbers: { read: () => numbers, write: (next) => void (numbers = next) },
      keep(next) {
        if (diskFull) throw new Error("no space left on device");
        memory = structuredClone(next);
      },
      receipt: (effect) => void receipts.push(effect),
      audit: () => ({ passed: true, hash: "a" }),
    });
    open.push(centre);
    return centre;
  };
  const report = (more: Partial<FleetReport>, by: Name = "c1"): string =>
    seal(
      {
        ...{
          format: "cellgate-report-1",
          fleet: "line",
          cell: by,
          session: "s",
          seq: Date.now() * 2,
          order: -1,
        },
        ...{
          holds: { stage: OLD },
          decisions: 0,
          failures: 0,
          killed: false,
          blocked: true,
          code: "",
          detail: "",
        },
        ...more,
      } as FleetReport,
      cellKeys[by].privateKey,
    );
  const lie = (text: string, name = "c1"): Promise<void> => peer.say(`plant/line/reports/${name}`, text);

  beforeAll(async () => {
    await broker.start();
    peer = await Peer.join(broker.url, ["plant/line/#"]);
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
    memory = null;
    diskFull = false;
    receipts.length = 0;
    for (const name of Object.keys(held)) delete held[name];
  });
  afterAll(async () => {
    await peer.leave();
    await broker.end();
  });

  test("another key, unreadable, more decisions than any cell can make, a flood: each counts for nothing and is named", async () => {
    const centre = await startCentre();
    const says = (code: string) => until(`c1: ${code}`, () => centre.heard.get("c1")?.code === code);
    await lie(report({}, "c0").replace('"cell":"c0"', '"cell":"c1"'));
    await says("REPORT_SIGNATURE");
    await lie("{");
    await says("REPORT_MALFORMED");
    for (const decisions of [Number.MAX_SAFE_INTEGER, 60_001, -1, 1.5]) {
      await lie(report({ decisions }));
      await says("REPORT_MALFORMED");
    }
    await lie(report({ code: "fine" }));
    await says("fine");
    // what a cell says on another cell's topic is nobody's word
    await lie(report({ seq: Date.now() * 3, code: "elsewhere" }), "c0");
    for (let i = 0; i < 200; i++) void lie("{");
    await says("REPORT_FLOOD");
    expect(centre.heard.get("c0")?.code).toBe("REPORT_SIGNATURE");
    expect(centre.rollout.memory.changed.decisions).toBe(0);
  });

  test("an old report that is played again does not make a cell gone back that has not", async () => {
    startCell("c0");
    startCell("k0");
    await until("c0 reports", () => peer.heard.some(({ topic }) => topic.endsWith("reports/c0")));
    const first = await startCentre();
    const old = peer.heard.filter(({ topic }) => topic.endsWith("reports/c0")).at(-1)!.text;
    first.act("start", "anna", "test");
    await until("c0 has changed", () => first.rollout.view().changed === 1);
    const newest = memory!.seats[0]!.lastSeq;
    await until("it is written", () => memory!.seats[0]!.lastSeq > newest);
    for (const one of open.splice(0)) await one.close();
    // the cell is away, and another centre process goes on with the abort
    const second = await startCentre();
    second.act("abort", "anna", "test");
    await lie(old, "c0");
    await lie(old.replace("{", "{ "), "c0");
    await lie(report({ code: "after it" }));
    await until("both were heard", () => second.heard.get("c1")?.code === "after it");
    expect(second.rollout.view()).toMatchObject({ state: "aborted", stillToGoBack: 1 });
    startCell("c0");
    await until("it goes back once it is there", () => held["c0"] === OLD);
    await until("and says so", () => second.rollout.view().stillToGoBack === 0);
  });

  test("what a cell could not take in an earlier rollout is no failure of this one", async () => {
    const centre = await startCentre();
    centre.act("start", "anna", "test");
    const says = async (stage: string, code: string): Promise<void> => {
      const order = Number.MAX_SAFE_INTEGER;
      await lie(report({ holds: { stage }, order, code, seq: Date.now() * 4 }, "c0"), "c0");
      await until(code, () => centre.heard.get("c0")?.code === code);
    };
    await says("failed:stage:4", "before");
    expect(centre.rollout.state).toBe("running");
    await says("failed:stage:1", "now");
    expect(centre.rollout.state).toBe("aborted");
  });

  test("another centre with the same key: the rollout waits for a person; an old order played again is no centre", async () => {
    startCell("c0");
    startCell("k0");
    const centre = await startCentre();
    centre.act("start", "anna", "test");
    await until("c0 has changed", () => centre.rollout.view().changed === 1);
    const order = peer.heard.find(({ topic }) => topic.endsWith("orders/c0"))!.text;
    const { body } = JSON.parse(order) as { body: { seq: number; issuedUs: number } };
    const before = { ...body, issuedUs: body.issuedUs - 3_600_000_000, seq: body.seq - 1 };
    await peer.say("plant/line/orders/c0", seal(before as never, fleetKeys.privateKey));
    await peer.say(
      "plant/line/orders/c0",
      seal({ ...before, issuedUs: body.issuedUs } as never, keys().privateKey),
    );
    await pause(200);
    expect(receipts.some((r) => r.code === "ROLLOUT_OTHER_CENTRE")).toBe(false);
    const other = { ...body, plan: "p2", issuedUs: Date.now() * 1_000, seq: body.seq + 1e6, targets: ["c9"] };
    await peer.say("plant/line/orders/c9", seal(other as never, fleetKeys.privateKey));
    await until("it pauses", () => receipts.some((r) => r.code === "ROLLOUT_OTHER_CENTRE" && r.by === "p2"));
    expect(centre.rollout.state).toBe("paused");
  });

  test("the kill state at the broker is wiped or overwritten: told anew, so that cells that come back know it", async () => {
    const voice = await openVoice({
      ...{ access: { url: broker.url }, base: "plant", fleet: "line", fleetKey: fleetKeys.privateKey },
      numbers: { read: () => numbers, write: (next) => void (numbers = next) },
    });
    open.push(voice);
    await voice.kill("smoke");
    for (const text of ["", "{}"]) {
      await pause(1_100);
      const told = (): number => peer.heard.filter(({ text: t }) => t.includes("overwritten")).length;
      const before = told();
      await peer.say("plant/line/kill", text, { retain: true });
      await until("it is told anew", () => told() > before);
      const late = startCell("c1");
      await until("a cell that comes later is killed", () => late.agent.state.killed);
      await late.close();
    }
    await voice.release("test");
  });

  test("a kill needs neither the rollout's folder nor good numbers, only the key and where the fleet is", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cellgate-kill-"));
    const pem = fleetKeys.privateKey.export({ format: "pem", type: "pkcs8" }) as string;
    writeFileSync(join(folder, "centre.key"), pem);
    const place = `url: "${broker.url}", base: plant, name: line, keyFile: centre.key, cells: { c0: ${rawKeyHex(cellKeys.c0.publicKey)} }`;
    // the rest of the plan is of no account
    writeFileSync(join(folder, "plan.yaml"), `rollout: x\nautomation: nonsense\nfleet: { ${place} }\n`);
    mkdirSync(join(folder, "rollouts"));
    writeFileSync(join(folder, "rollouts", "fleet-line.json"), "{");
    const cell = startCell("c0");
    await until("it knows the kill state", () => cell.agent.informed);
    const say = (...more: string[]) =>
      runCommand(["rollout", "kill", "plan.yaml", "--as", "anna", "--because", "smoke", ...more], {
        cwd: folder,
      });
    const killed = await say();
    expect(killed).toMatchObject({ code: EXIT.ok, err: "" });
    expect(killed.out).toContain("1 of 1 cells say that they are killed.");
    await until("it is killed", () => cell.agent.state.killed);
    expect(await say("--release")).toMatchObject({ code: EXIT.ok, err: "" });
    await until("it is released", () => !cell.agent.state.killed);
    const written = readFileSync(join(folder, "rollouts", "fleet-line.json"), "utf8");
    expect(JSON.parse(written)).toMatchObject({ killed: false });
    numbers = JSON.parse(written) as typeof numbers;
    rmSync(folder, { recursive: true, force: true });
  });

  test("the centre's disk is full: nobody is told to go on, what was told goes back, and it goes on when there is room", async () => {
    startCell("c0");
    startCell("k0");
    const centre = await startCentre();
    const orders = (what: string): number =>
      peer.heard.filter(({ topic, text }) => topic.endsWith("orders/c0") && text.includes(`"do":"${what}"`))
        .length;
    const [applied, back] = [orders("apply"), orders("rollback")];
    diskFull = true;
    centre.act("start", "anna", "test");
    await until("it knows", () => centre.unwritten !== null);
    await pause(300);
    expect([orders("apply") - applied, held["c0"]]).toEqual([0, OLD]);
    diskFull = false;
    await until("c0 has changed", () => centre.rollout.view().changed === 1);
    diskFull = true;
    centre.act("abort", "anna", "test");
    await until("c0 has gone back", () => centre.rollout.view().stillToGoBack === 0);
    expect([orders("rollback") - back > 0, held["c0"]]).toEqual([true, OLD]);
  });
});
