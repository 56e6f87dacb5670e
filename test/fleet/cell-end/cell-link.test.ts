import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type CellEnd,
  type CellLink,
  type FleetReport,
  open,
  openCellLink,
  openVoice,
  readAgentState,
  seal,
  writeAgentState,
} from "../../../src/fleet/index.ts";
import { STRUCTURAL_CAPS } from "../../../src/core/rollout/index.ts";
import { Broker, MOSQUITTO_MISSING, Peer } from "../../edge/transports/mqtt/broker.ts";
import { until } from "../live-fleet.ts";

const why = MOSQUITTO_MISSING === null ? "" : ` (skipped: ${MOSQUITTO_MISSING})`;

describe.skipIf(MOSQUITTO_MISSING !== null)(`a cell's end of the fleet, over a real broker${why}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "cellgate-link-"));
  const broker = new Broker();
  const fleetKeys = generateKeyPairSync("ed25519");
  const cellKeys = generateKeyPairSync("ed25519");
  const place = { base: "plant", fleet: "line" };
  let peer: Peer;
  let numbers = { epoch: 0, killed: false, seq: 0 };

  beforeAll(async () => {
    await broker.start();
    peer = await Peer.join(broker.url, ["plant/line/reports/#"]);
    const voice = await openVoice({
      ...place,
      access: { url: broker.url },
      fleetKey: fleetKeys.privateKey,
      numbers: { read: () => numbers, write: (next) => void (numbers = next) },
    });
    await voice.release("test");
    await voice.close();
  });
  afterAll(async () => {
    await peer.leave();
    await broker.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const answers: string[] = [];
  let diskFull = false;
  const startCell = (
    carryOut: CellEnd["carryOut"],
    holds: () => string,
    restored = readAgentState(folder),
  ): CellLink =>
    openCellLink({
      ...place,
      access: { url: broker.url },
      cell: "c0",
      fleetKey: fleetKeys.publicKey,
      cellKey: cellKeys.privateKey,
      caps: STRUCTURAL_CAPS,
      restored,
      reportMs: 50,
      end: {
        holds: () => ({ rules: holds() }),
        carryOut,
        waitsFor: () => null,
        killed: (reason) => void answers.push(`killed: ${reason}`),
        persist(state) {
          if (diskFull) throw new Error("no space left on device");
          writeAgentState(folder, state);
        },
        counts: () => ({ decisions: 0, failures: 0 }),
        blocked: true,
        answered: (code) => void answers.push(code),
      },
    });
  const say = (seq: number): Promise<void> => {
    const issuedUs = Date.now() * 1_000;
    const body = {
      ...{ format: "cellgate-order-1", fleet: "line", plan: "p", seq, issuedUs, targets: ["c0"] },
      ...{ expiresUs: issuedUs + 50_000_000, do: "apply", slot: "rules", artefact: "new", from: "old" },
      generation: 1,
    };
    return peer.say("plant/line/orders/c0", seal(body as never, fleetKeys.privateKey));
  };
  const newest = (): FleetReport => {
    const opened = open(Buffer.from(peer.heard.at(-1)?.text ?? ""), () => cellKeys.publicKey);
    if (!opened.ok || opened.body.format !== "cellgate-report-1") throw new Error("no report");
    return opened.body;
  };
  const reports = (of: Partial<FleetReport>) =>
    until(`a report says ${JSON.stringify(of)}`, () =>
      peer.heard.length > 0 ? Object.entries(of).every(([k, v]) => newest()[k as "seq"] === v) : false,
    );

  test("an order that a crash cut short is reported as not answered, whatever the broker repeats, until it is said again", async () => {
    let held = "old";
    const dying = startCell(
      () => new Promise(() => {}),
      () => held,
    );
    await until("it knows the kill state", () => dying.agent.informed);
    await say(7);
    await until("it has begun", () => readAgentState(folder).lastSeq === 7);
    await until("it says so", () => newest().holds.rules === "changing");
    await dying.close();

    const back = startCell(
      async () => {
        held = "new";
        return null;
      },
      () => held,
    );
    await until("it is back", () => back.agent.informed);
    await reports({ order: -1 });
    await say(7);
    await reports({ code: "ORDER_REPLAYED", order: -1 });
    expect(newest().holds.rules).toBe("old");
    await say(8);
    await reports({ code: "ORDER_ACCEPTED", order: 8 });
    expect(newest().holds.rules).toBe("new");
    expect(readAgentState(folder)).toMatchObject({ lastSeq: 8, answeredSeq: 8 });
    await back.close();
  });

  test("the cell's disk is full: an order is not carried out, a kill holds, and is written once there is room", async () => {
    let carried = 0;
    const cell = startCell(
      async () => {
        carried++;
        return null;
      },
      () => "old",
    );
    await until("it knows the kill state", () => cell.agent.informed);
    diskFull = true;
    await say(20);
    await reports({ code: "ORDER_NOT_KEPT", order: 20 });
    expect([carried, readAgentState(folder).lastSeq]).toEqual([0, 8]);
    expect(answers).toContain("ORDER_NOT_KEPT");
    const kill = async (killed: boolean): Promise<void> => {
      const epoch = numbers.epoch + (killed ? 1 : 2);
      const body = {
        format: "cellgate-kill-1",
        fleet: "line",
        epoch,
        killed,
        reason: "smoke",
        issuedUs: 0,
      } as const;
      await peer.say("plant/line/kill", seal(body, fleetKeys.privateKey), { retain: true });
    };
    await kill(true);
    await reports({ killed: true });
    expect(answers).toContain("killed: smoke");
    expect(readAgentState(folder).killed).toBe(false);
    diskFull = false;
    await until("it is written", () => readAgentState(folder).killed);
    await kill(false);
    await reports({ killed: false });
    await say(21);
    await until("it is carried out", () => carried === 1);
    await cell.close();
  });

  test("what it remembers is damaged: killed, no order is taken, and both have their own words", async () => {
    answers.length = 0;
    writeFileSync(join(folder, "fleet", "agent.json"), "{");
    const cell = startCell(
      async () => null,
      () => "old",
    );
    expect(answers).toEqual([
      "FLEET_STATE_UNREADABLE",
      "killed: what this cell knew of its fleet cannot be read",
    ]);
    await until("it knows the kill state", () => cell.agent.informed);
    await say(30);
    await reports({ code: "FLEET_STATE_UNREADABLE", order: 30 });
    await cell.close();
  });

  test("a flood of orders is cut off with its code; a kill in the middle of it is heard", async () => {
    answers.length = 0;
    rmSync(join(folder, "fleet", "agent.json"), { force: true });
    const cell = startCell(
      async () => null,
      () => "old",
    );
    await until("it knows the kill state", () => cell.agent.informed);
    // in one second, whenever that begins
    const flood = async (): Promise<void> => {
      for (let i = 0; i < 200; i++) void peer.say("plant/line/orders/c0", "{");
    };
    for (let i = 0; i < 50 && !answers.includes("ORDER_FLOOD"); i++) {
      await flood();
      await reports({ killed: false });
      await pause(50);
    }
    expect(answers).toContain("ORDER_FLOOD");
    void flood();
    const body = {
      format: "cellgate-kill-1",
      fleet: "line",
      epoch: 2e12,
      killed: true,
      reason: "",
      issuedUs: 0,
    } as const;
    await peer.say("plant/line/kill", seal(body, fleetKeys.privateKey), { retain: true });
    await reports({ killed: true });
    await peer.say("plant/line/kill", seal({ ...body, epoch: 3e12, killed: false }, fleetKeys.privateKey), {
      retain: true,
    });
    await reports({ killed: false });
    const large = seal({ ...body, epoch: 4e12, reason: "x".repeat(1_000) }, fleetKeys.privateKey);
    const before = answers.length;
    await peer.say("plant/line/kill", `${large}${" ".repeat(300_000)}`);
    await until("it is refused unread", () => answers.slice(before).includes("ORDER_MALFORMED"));
    expect(cell.agent.state.killed).toBe(false);
    await cell.close();
  });

  test("two nodes with one name: the broker hears one of them, and the other says so", async () => {
    answers.length = 0;
    const start = () =>
      startCell(
        async () => null,
        () => "old",
      );
    const pair = [start(), start()];
    await until("one of them knows", () => answers.includes("FLEET_NAME_TAKEN"));
    for (const cell of pair) await cell.close();
  });
});
