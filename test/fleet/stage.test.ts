import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/command.ts";
import { readAgentState, seal } from "../../src/fleet/index.ts";
import { MOSQUITTO_MISSING } from "../edge/transports/mqtt/broker.ts";
import { LiveFleet, PERSON, until } from "./live-fleet.ts";

const CELLS = ["c0", "c1"] as const;
const STAGE_UP = ["automation: enable-stage", "change: { stage: 1, previous: 0 }"] as const;

/** Orders to cells that move: what waits for a blocked cell, and what only for its evidence. */
describe.skipIf(MOSQUITTO_MISSING !== null)(
  `F36 orders to cells that may move${MOSQUITTO_MISSING === null ? "" : ` (skipped: ${MOSQUITTO_MISSING})`}`,
  () => {
    const fleet = new LiveFleet(true);
    const stagesOf = (): (string | undefined)[] =>
      [...CELLS, "k0"].map((cell) => fleet.newest(cell)?.holds.stage);
    const gateChanges = (cell: string): Record<string, unknown>[] =>
      fleet.receipts(cell, "config_change").filter((body) => body["what"] === "gate.stage");
    let seq = 0;
    /** an order of the fleet's own key, without a centre */
    const order = (target: string, what: { do: "apply" | "rollback"; artefact: string; from: string }) => {
      seq = Math.max(seq + 1, Date.now() * 1_000);
      const issuedUs = Date.now() * 1_000;
      const rest = { fleet: "line", plan: "by_hand", seq, issuedUs, expiresUs: issuedUs + 50_000_000 };
      const body = {
        format: "cellgate-order-1",
        ...rest,
        targets: [target],
        slot: "stage",
        generation: 1,
        ...what,
      } as const;
      return fleet.peer.say(`plant/line/orders/${target}`, seal(body, fleet.key));
    };
    const says = (cell: string, code: string) =>
      until(`${cell} says ${code}`, () => fleet.newest(cell)?.code === code);

    beforeAll(async () => {
      await fleet.start([...CELLS, "k0"]);
      await until("every cell may move", () =>
        [...CELLS, "k0"].every((c) => fleet.newest(c)?.blocked === false),
      );
    }, 240_000);
    afterAll(() => fleet.end(), 60_000);

    test("a limit waits while the cell may move and uses up nothing; blocked by a person, the cell takes it", async () => {
      const rules = readFileSync(fleet.file("c0.yaml"), "utf8").replace("maxForceN: 90", "maxForceN: 80");
      writeFileSync(fleet.file("rules-lower.yaml"), rules);
      await fleet.roll(
        "plan",
        await fleet.plan("lower", ["automation: change-limit", "change: { rules: rules-lower.yaml }"]),
      );
      const running = fleet.run("lower", "--until-pause");
      await says("c0", "ORDER_WAITS");
      const seen = fleet.reports("c0").length;
      await until("two more reports", () => fleet.reports("c0").length > seen + 2);
      expect(fleet.newest("c0")).toMatchObject({ blocked: false, holds: { rules: "built-in" } });
      expect(readAgentState(fleet.file("c0"))).toMatchObject({ lastSeq: -1, guard: { total: 0 } });
      const kill = ["kill", "--as", "shift_lead", "--because", "it suits now", "--data", fleet.file("c0")];
      expect(await fleet.say(...kill)).toMatchObject({ code: EXIT.ok });
      expect(await running).toMatchObject({ view: { state: "paused", changed: 1 } });
      expect(readAgentState(fleet.file("c0")).guard.total).toBe(1);
      // the order did not lift what the person has set
      expect(fleet.newest("c0")?.blocked).toBe(true);
      await fleet.roll("abort", "lower", ...PERSON);
      expect(await fleet.run("lower")).toMatchObject({ view: { state: "aborted", stillToGoBack: 0 } });
    }, 240_000);

    test("the next stage waits for the cell's own evidence, not for a blocked cell; abort takes it back", async () => {
      const free = await fleet.say(
        "kill",
        "--release",
        "--as",
        "shift_lead",
        "--because",
        "seen",
        "--data",
        fleet.file("c0"),
      );
      expect(free.err).toBe("");
      await fleet.roll("plan", await fleet.plan("up", STAGE_UP));
      const running = fleet.run("up", "--until-pause");
      await says("c0", "ORDER_WAITS_EVIDENCE");
      expect(stagesOf()).toEqual(["stage:0", "stage:0", "stage:0"]);
      fleet.toArms = true;
      expect(await running).toMatchObject({ view: { state: "paused", told: 1, changed: 1 } });
      expect(stagesOf()).toEqual(["stage:1", "stage:0", "stage:0"]);
      const [change] = gateChanges("c0");
      expect(change).toMatchObject({
        by: "fleet:up",
        details: { outcome: "switched", from: 0, to: 1, evidence: { sufficient: true } },
      });
      await fleet.roll("abort", "up", ...PERSON);
      expect(await fleet.run("up")).toMatchObject({ view: { state: "aborted", stillToGoBack: 0 } });
      expect(stagesOf()).toEqual(["stage:0", "stage:0", "stage:0"]);
    }, 240_000);

    test("1 → all with a person between: every cell of the plan changes, each on its own evidence", async () => {
      await fleet.roll("plan", await fleet.plan("up2", STAGE_UP));
      expect(await fleet.run("up2", "--until-pause")).toMatchObject({ view: { state: "paused", told: 1 } });
      expect(await fleet.roll("advance", "up2", ...PERSON)).toMatchObject({ code: EXIT.ok });
      expect(await fleet.run("up2")).toMatchObject({ view: { state: "done", changed: 2 } });
      expect(stagesOf()).toEqual(["stage:1", "stage:1", "stage:0"]);
      for (const cell of CELLS) {
        const up = gateChanges(cell).filter((body) => body["by"] === "fleet:up2");
        expect(up).toMatchObject([{ details: { outcome: "switched", evidence: { sufficient: true } } }]);
      }
      expect(gateChanges("k0")).toEqual([]);
    }, 240_000);

    test("beyond what the cell's deployment allows is refused, whoever signed; going back never leads up", async () => {
      const far = ["automation: enable-stage", "change: { stage: 2, previous: 1 }"];
      await fleet.roll("plan", await fleet.plan("far", far));
      const ended = await fleet.run("far");
      expect(ended).toMatchObject({
        code: EXIT.found,
        view: { state: "aborted", told: 1, stillToGoBack: 0 },
      });
      const said = fleet.receipts("c0", "fault").map((body) => body["code"]);
      expect(said).toContain("ORDER_NOT_ALLOWED");
      expect(stagesOf()).toEqual(["stage:1", "stage:1", "stage:0"]);
      const by = ["--as", "shift_lead", "--because", "by hand", "--data", fleet.file("c0")];
      expect(await fleet.say("stage", "back", "0", ...by)).toMatchObject({ code: EXIT.ok });
      for (const from of ["stage:2", "stage:0"]) {
        await order("c0", { do: "rollback", artefact: "stage:1", from });
        await until("c0 has heard it", () => fleet.newest("c0")?.order === seq);
      }
      expect(stagesOf()).toEqual(["stage:0", "stage:1", "stage:0"]);
    }, 240_000);

    test("a plan that is wrong about what a cell holds tells nobody; an order from another state is not taken", async () => {
      const far = ["automation: enable-stage", "change: { stage: 2, previous: 1 }"];
      await fleet.roll("plan", await fleet.plan("misread", far));
      const running = fleet.run("misread");
      let said = "";
      for (let i = 0; i < 600 && !said.includes("c0"); i++) {
        await pause(100);
        said = (await fleet.roll("status", "misread")).out.split("hold neither")[1] ?? "";
      }
      expect(said).toMatch(/: c0\b/);
      await fleet.roll("abort", "misread", ...PERSON);
      expect(await running).toMatchObject({ view: { state: "aborted", told: 0 } });
      expect(fleet.orders("misread")).toEqual([]);
      expect(fleet.receipts("rollouts", "rollout").map((b) => b["code"])).toContain("ROLLOUT_STATE_DIFFERS");
      await order("c1", { do: "apply", artefact: "stage:2", from: "stage:0" });
      await says("c1", "ORDER_STATE_DIFFERS");
      expect(fleet.newest("c1")?.holds.stage).toBe("stage:1");
    }, 240_000);
  },
);
