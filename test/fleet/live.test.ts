import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/command.ts";
import { seal } from "../../src/fleet/index.ts";
import { MOSQUITTO_MISSING } from "../edge/transports/mqtt/broker.ts";
import { LiveFleet, PERSON, until } from "./live-fleet.ts";

const CELLS = ["c0", "c1"] as const;

describe.skipIf(MOSQUITTO_MISSING !== null)(
  `real nodes at a real broker${MOSQUITTO_MISSING === null ? "" : ` (skipped: ${MOSQUITTO_MISSING})`}`,
  () => {
    const fleet = new LiveFleet();
    let good = "";

    beforeAll(() => fleet.start([...CELLS, "k0"]), 240_000);
    afterAll(() => fleet.end(), 60_000);

    test("a limit within the cell's own bounds is taken, and goes back when the rollout is aborted", async () => {
      const rules = readFileSync(fleet.file("c0.yaml"), "utf8").replace("maxForceN: 90", "maxForceN: 80");
      writeFileSync(fleet.file("rules-lower.yaml"), rules);
      await fleet.roll(
        "plan",
        await fleet.plan("lower", ["automation: change-limit", "change: { rules: rules-lower.yaml }"]),
      );
      const first = await fleet.run("lower", "--until-pause");
      const said = fleet.receipts("c0", "fault").map((body) => String(body["detail"]));
      expect(said.filter((text) => text.includes("rollout lower"))).toEqual([]);
      expect(first.view).toMatchObject({ state: "paused", changed: 1 });
      expect(fleet.newest("c0")?.holds.rules).toBe(first.artefact);
      await fleet.roll("abort", "lower", ...PERSON);
      expect(await fleet.run("lower")).toMatchObject({ view: { state: "aborted", stillToGoBack: 0 } });
      expect(fleet.newest("c0")?.holds.rules).toBe("built-in");
    }, 240_000);

    test("F36 a good head goes 1 → all with a person between; every decision is a receipt", async () => {
      const plan = await fleet.plan("good", [
        "automation: promote-head",
        "change: { head: robot-factory.head.json }",
      ]);
      expect(await fleet.roll("plan", plan)).toMatchObject({ code: EXIT.ok });
      const first = await fleet.run("good", "--until-pause");
      good = first.artefact;
      expect(first).toMatchObject({ code: EXIT.ok, view: { state: "paused", changed: 1 } });
      expect(CELLS.map((c) => fleet.newest(c)?.holds.head === good)).toEqual([true, false]);
      expect(await fleet.roll("advance", "good", ...PERSON)).toMatchObject({ code: EXIT.ok });
      expect(await fleet.run("good", "--until-pause")).toMatchObject({ view: { state: "done", changed: 2 } });
      expect(fleet.newest("k0")?.holds.head).toBe("built-in");
      const verdicts = fleet.receipts("rollouts", "rollout").map((body) => body["verdict"]);
      expect(verdicts.filter((v) => v !== "hold").slice(-4)).toEqual(["start", "pause", "advance", "done"]);
    }, 240_000);

    test("a head that no cell can load aborts at the first; nothing else is touched", async () => {
      writeFileSync(fleet.file("bad.json"), '{"format":"nothing"}');
      const plan = await fleet.plan("bad", [
        "automation: promote-head",
        `change: { head: bad.json, previous: "${good}" }`,
      ]);
      await fleet.roll("plan", plan);
      const bad = await fleet.run("bad");
      expect(bad).toMatchObject({ code: EXIT.found, view: { state: "aborted", told: 1, stillToGoBack: 0 } });
      for (const cell of CELLS) expect(fleet.newest(cell)?.holds.head).toBe(good);
      expect(fleet.reports("c1").some((r) => r.holds.head?.startsWith("failed") === true)).toBe(false);
    }, 240_000);

    test("kill during a rollout: the next report of every cell says so, also of one that was away", async () => {
      await fleet.nodes.get("c1")!.kill("SIGKILL");
      writeFileSync(
        fleet.file("rules-mid.yaml"),
        readFileSync(fleet.file("rules-lower.yaml"), "utf8").replace("maxForceN: 80", "maxForceN: 70"),
      );
      await fleet.roll(
        "plan",
        await fleet.plan("mid", ["automation: change-limit", "change: { rules: rules-mid.yaml }"]),
      );
      const running = fleet.run("mid");
      await until("the first cell was told", () =>
        fleet.heard().some(({ body }) => body.format === "cellgate-order-1" && body.plan === "mid"),
      );
      expect(await fleet.roll("kill", "mid", ...PERSON)).toMatchObject({ code: EXIT.ok, err: "" });
      await fleet.peer.say(
        "plant/line/kill",
        seal(
          {
            format: "cellgate-kill-1",
            fleet: "line",
            epoch: 2 ** 50,
            killed: false,
            reason: "",
            issuedUs: 0,
          },
          generateKeyPairSync("ed25519").privateKey,
        ),
      );
      await until("k0 says that it is killed", () => fleet.newest("k0")?.killed === true);
      const all = fleet.heard();
      const at = all.findIndex(({ body }) => body.format === "cellgate-kill-1" && body.killed);
      const own = all
        .slice(at)
        .flatMap(({ body }) => (body.format === "cellgate-report-1" && body.cell === "k0" ? [body] : []));
      // one report may have been on its way already
      expect(own.findIndex((r) => r.killed && r.blocked)).toBeLessThanOrEqual(1);
      await until("c0 is killed and has its old rules", () => {
        const last = fleet.newest("c0");
        return last?.killed === true && last.holds.rules === "built-in";
      });
      expect(await running).toMatchObject({ code: EXIT.found, view: { state: "killed" } });
      const back = fleet.startNode("c1");
      await back.line((l) => l.kind === "status" && l.causes?.some((c) => c.code === "KILLED") === true);
      expect(fleet.newest("c1")?.holds.rules ?? "built-in").toBe("built-in");
    }, 240_000);
  },
);
