import { type ChildProcess, fork } from "node:child_process";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type Centre, open, openCentre, seal } from "../../src/fleet/index.ts";
import { createCellAgent, type FleetOrder, type KillState } from "../../src/rollout/index.ts";
import { Broker, MOSQUITTO_MISSING, Peer } from "../mqtt/broker.ts";
import { NEW, OLD, planOf } from "../rollout/fleet.ts";

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
  artefact: NEW,
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
    const agent = createCellAgent({ cell: "c0", fleet: "line" }, { lastSeq: 9, killEpoch: 4, killed: true });
    agent.kill(kill(3, false));
    expect(agent.order(order({ seq: 9 }), 1_500).code).toBe("ORDER_REPLAYED");
    expect(agent.order(order({ seq: 10 }), 1_500).code).toBe("ROLLOUT_KILLED");
  });
  test.each([
    ["ORDER_EXPIRED", { expiresUs: 1_400 }],
    ["ORDER_EXPIRED", { expiresUs: 9e12 }],
    ["ORDER_NOT_FOR_US", { targets: ["c1"] }],
    ["ORDER_NOT_FOR_US", { fleet: "other" }],
  ] as const)("%s", (code, more) => {
    const agent = agentOf();
    agent.kill(kill(1, false));
    expect(agent.order(order(more as Partial<FleetOrder>), 1_500).code).toBe(code);
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

describe.skipIf(MOSQUITTO_MISSING !== null)("a small fleet of processes at a real broker", () => {
  const children: ChildProcess[] = [];
  let broker: Broker | null = null;
  let centre: Centre | null = null;
  afterEach(async () => {
    await centre?.close();
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await broker?.end();
  });
  const until = async (what: string, of: () => boolean): Promise<void> => {
    for (let i = 0; i < 600; i++) {
      if (of()) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`did not happen: ${what}; ${JSON.stringify(centre?.rollout.view())}`);
  };
  test("rollout over 4 cells; strangers are ignored; kill reaches all, also one that was away", async () => {
    broker = new Broker();
    await broker.start();
    const fleet = keys();
    const cellKeys = new Map<string, KeyObject>();
    const heard: { cell: string; kind: string; killed?: boolean; code?: string }[] = [];
    const pem = (key: KeyObject, type: "pkcs8" | "spki") => key.export({ format: "pem", type }) as string;
    const pairs = new Map(["c0", "c1", "c2", "c3", "k0"].map((name) => [name, keys()]));
    for (const [name, pair] of pairs) cellKeys.set(name, pair.publicKey);
    const spawn = (name: string, holds = OLD): void => {
      const child = fork(join(import.meta.dirname, "fleet-cell.ts"), [], {
        env: {
          PATH: process.env["PATH"],
          URL_: broker!.url,
          CELL: name,
          HOLDS: holds,
          FLEET_KEY: pem(fleet.publicKey, "spki"),
          CELL_KEY: pem(pairs.get(name)!.privateKey, "pkcs8"),
        },
        execArgv: [],
      });
      child.on("message", (m) => heard.push({ cell: name, ...(m as { kind: string }) }));
      children.push(child);
    };
    const plan = planOf(4, { baselineCells: ["k0"], judge: { dwellUs: 1_000_000 } });
    centre = await openCentre({
      url: broker.url,
      base: "plant",
      fleet: "line",
      plan,
      fleetKey: fleet.privateKey,
      cellKeys,
      killEpoch: 1,
      tickMs: 200,
      record: () => {},
      observe: () => {},
    });
    for (const name of ["c0", "c1", "c2", "k0"]) spawn(name);
    const thief = await Peer.join(broker.url);
    await thief.say(
      "plant/line/orders/c2",
      seal(order({ seq: 2 ** 50, targets: ["c2"] }), keys().privateKey),
    );
    centre.act("start", "lead", "test");
    await until("three of four cells changed", () => centre!.rollout.view().changed === 3);
    expect(centre.rollout.state).toBe("running");
    expect(centre.rollout.view().offline).toEqual(["c3"]);
    centre.act("kill", "lead", "smoke");
    await until("all present cells killed", () => heard.filter((h) => h.kind === "killed").length === 4);
    spawn("c3");
    await until("the one that was away learnt it", () =>
      heard.some((h) => h.cell === "c3" && h.kind === "killed" && h.killed === true),
    );
    await until("all touched cells went back", () => centre!.rollout.view().stillToGoBack === 0);
    await thief.leave();
  }, 120_000);
});
