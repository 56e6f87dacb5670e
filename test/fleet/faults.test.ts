import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/command.ts";
import { readAgentState, seal } from "../../src/fleet/index.ts";
import { MOSQUITTO_MISSING } from "../edge/transports/mqtt/broker.ts";
import { NodeProcess } from "../node/processes.ts";
import { LiveFleet, PERSON, until } from "./live-fleet.ts";

const CELLS = ["c0", "c1"] as const;

/** Whatever dies in the middle of a rollout: nothing is skipped, nothing is done twice, stops hold. */
describe.skipIf(MOSQUITTO_MISSING !== null)(
  `kill -9 in the middle of a rollout${MOSQUITTO_MISSING === null ? "" : ` (skipped: ${MOSQUITTO_MISSING})`}`,
  () => {
    const fleet = new LiveFleet();
    let newtons = 80;
    /** a plan for a limit that no cell has */
    const limit = async (id: string, has = "c0", ...more: string[]): Promise<void> => {
      const rules = readFileSync(fleet.file("c0.yaml"), "utf8").replace(
        "maxForceN: 90",
        `maxForceN: ${--newtons}`,
      );
      writeFileSync(fleet.file(`${id}-rules.yaml`), rules);
      const file = await fleet.plan(id, [
        "automation: change-limit",
        // what an earlier rollout left: a cell that holds neither this nor the new counts as failed
        `change: { rules: ${id}-rules.yaml, previous: "${fleet.newest(has)?.holds.rules ?? "built-in"}" }`,
        ...more,
      ]);
      expect(await fleet.roll("plan", file)).toMatchObject({ code: EXIT.ok });
    };
    /** a centre in a process of its own, to be killed */
    const centre = (id: string): NodeProcess =>
      new NodeProcess("rollout", "start", id, ...PERSON, "--rollouts", fleet.file("rollouts"));
    const told = (plan: string, cell: string) =>
      until(`${cell} was told`, () => fleet.orders(plan).some((o) => o.targets.includes(cell)));
    /** how often a cell has taken something into use for this rollout */
    const taken = (plan: string, cell: string): number =>
      fleet.receipts(cell, "config_change").filter((body) => body["by"] === `fleet:${plan}`).length;
    const verdicts = (plan: string): unknown[] =>
      fleet
        .receipts("rollouts", "rollout")
        .filter((body) => body["plan"] === plan && body["verdict"] !== "hold")
        .map((body) => body["verdict"]);

    beforeAll(() => fleet.start([...CELLS, "k0"]), 240_000);
    afterAll(() => fleet.end(), 60_000);

    test("the centre, at every stage: it goes on where it was, no cell is told early, none changes twice", async () => {
      await limit("centre");
      const first = centre("centre");
      await told("centre", "c0");
      await first.kill("SIGKILL");
      // an order that is out is carried out; nothing else happens
      await until("c0 has it", () => taken("centre", "c0") > 0);
      // for a moment after its death it still counts as running
      let status = "";
      for (let i = 0; i < 100 && !status.includes("no centre is running"); i++) {
        status = (await fleet.roll("status", "centre")).out;
        await pause(200);
      }
      expect(status).toMatch(/no centre is running: nothing goes on/);
      expect(await fleet.run("centre", "--until-pause")).toMatchObject({
        view: { state: "paused", told: 1 },
      });
      expect(fleet.orders("centre").filter((o) => o.targets.includes("c1"))).toEqual([]);
      await fleet.roll("advance", "centre", ...PERSON);
      const second = centre("centre");
      await told("centre", "c1");
      await second.kill("SIGKILL");
      expect(await fleet.run("centre")).toMatchObject({ view: { state: "done", told: 2, changed: 2 } });
      expect(CELLS.map((cell) => taken("centre", cell))).toEqual([1, 1]);
      // a receipt may stand twice, never not at all, and never in another order
      const said = verdicts("centre");
      expect(said.filter((v, i) => v !== said[i - 1])).toEqual(["start", "pause", "advance", "done"]);
    }, 240_000);

    test("the cell, when the order reaches it and while it changes: it comes back with the old or the new, whole", async () => {
      await limit("cell", "c1", `cells: [c1]`);
      const running = fleet.run("cell");
      await told("cell", "c1");
      await fleet.nodes.get("c1")!.kill("SIGKILL");
      fleet.startNode("c1");
      const changing = () => fleet.newest("c1")?.holds.rules === "changing";
      await until("it changes, or has", () => changing() || taken("cell", "c1") > 0);
      await fleet.nodes.get("c1")!.kill("SIGKILL");
      fleet.startNode("c1");
      const ended = await running;
      expect(ended, JSON.stringify({ ended, cell: fleet.newest("c1") })).toMatchObject({
        view: { state: "done", changed: 1 },
      });
      expect(fleet.newest("c1")?.holds.rules).toBe(ended.artefact);
    }, 240_000);

    test("the broker, with everything that it had stored: centre and cells find each other, the kill state is told anew", async () => {
      await limit("broker", "c0", "cells: [c0]");
      const running = fleet.run("broker");
      await told("broker", "c0");
      await fleet.broker.stop("SIGKILL");
      rmSync(fleet.broker.file("mosquitto.db"), { force: true });
      await fleet.broker.start();
      expect(await running).toMatchObject({ view: { state: "done", changed: 1 } });
    }, 240_000);

    test("no centre: a cell's own cap trips and holds over a kill -9, until a person at the cell re-arms it", async () => {
      let seq = Date.now() * 1_000;
      const flood = (): Promise<void> => {
        const issuedUs = Date.now() * 1_000;
        const expiresUs = issuedUs + 50_000_000;
        const order = { fleet: "line", plan: "flood", issuedUs, expiresUs, targets: ["k0"], generation: 1 };
        const artefact = `stage:${3 + (++seq % 2)}`;
        const what = { do: "apply", slot: "stage", artefact, from: "stage:0" } as const;
        const body = { format: "cellgate-order-1", ...order, ...what, seq } as const;
        return fleet.peer.say("plant/line/orders/k0", seal(body, fleet.key));
      };
      const says = (code: string, session?: string) =>
        until(`k0 says ${code}`, () => {
          const last = fleet.newest("k0");
          return last?.code === code && last.session !== session;
        });
      for (let i = 0; i < 11; i++) await flood();
      await says("CAP_ITEMS_PER_DAY");
      expect(readAgentState(fleet.file("k0")).guard).toMatchObject({
        total: 10,
        tripped: "CAP_ITEMS_PER_DAY",
      });
      const before = fleet.newest("k0")?.session;
      await fleet.nodes.get("k0")!.kill("SIGKILL");
      fleet.startNode("k0");
      await until("k0 is back", () => fleet.newest("k0")?.session !== before);
      await says("CAP_ITEMS_PER_DAY", before);
      await flood();
      await until("k0 has heard it", () => readAgentState(fleet.file("k0")).lastSeq === seq);
      expect(readAgentState(fleet.file("k0")).guard.total).toBe(10);
      await fleet.nodes.get("k0")!.kill("SIGINT");
      const rearmed = await fleet.say("rollout", "rearm", "--data", fleet.file("k0"), ...PERSON);
      expect(rearmed).toMatchObject({ code: EXIT.ok, err: "" });
      const tripped = fleet.newest("k0")?.session;
      fleet.startNode("k0");
      await until("k0 is back again", () => fleet.newest("k0")?.session !== tripped);
      await flood();
      await says("ORDER_NOT_ALLOWED", tripped);
    }, 240_000);

    test("no centre and no broker: a kill holds over a kill -9 of the cell, and a signed order does not lift it", async () => {
      expect(await fleet.roll("kill", "broker", ...PERSON)).toMatchObject({ code: EXIT.ok });
      await until("all are killed", () =>
        [...CELLS, "k0"].every(
          (cell) => fleet.newest(cell)?.killed === true && fleet.newest(cell)?.blocked === true,
        ),
      );
      const [last] = fleet.orders("broker").slice(-1);
      const late = {
        ...last!,
        seq: last!.seq + 1e9,
        issuedUs: Date.now() * 1_000,
        expiresUs: Date.now() * 1_000 + 50e6,
      };
      await fleet.peer.say("plant/line/orders/c1", seal({ ...late, targets: ["c1"] }, fleet.key));
      await until("c1 refuses it", () => fleet.newest("c1")?.code === "ROLLOUT_KILLED");
      await fleet.broker.stop("SIGKILL");
      await fleet.nodes.get("c1")!.kill("SIGKILL");
      const back = fleet.startNode("c1");
      await back.line((l) => l.kind === "status" && l.causes?.some((c) => c.code === "KILLED") === true);
    }, 240_000);
  },
);
