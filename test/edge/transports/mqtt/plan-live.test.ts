import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN, NodeProcess, ROOT } from "../../../node/processes.ts";
import { Broker, MOSQUITTO_MISSING, Peer } from "./broker.ts";

/** Simulator, broker and node are three processes; a plan is proposed over the broker and reaches the arm step by step. */
describe.skipIf(MOSQUITTO_MISSING !== null)(
  `18.8 a plan over a real broker${MOSQUITTO_MISSING === null ? "" : ` (${MOSQUITTO_MISSING})`}`,
  () => {
    const broker = new Broker();
    const folder = mkdtempSync(join(tmpdir(), "cellgate-plan-mqtt-"));
    const processes: NodeProcess[] = [];
    let peer: Peer | null = null;
    beforeAll(() => broker.start());
    afterAll(async () => {
      await peer?.leave();
      for (const one of processes) await one.kill("SIGKILL");
      await broker.end();
      rmSync(folder, { recursive: true, force: true });
    });
    const ask = (...words: string[]): Promise<number | null> =>
      new Promise((done) => {
        const all = [MAIN, ...words, "--data", join(folder, "data"), "--as", "shift_lead"];
        spawn(process.execPath, all, { cwd: ROOT, stdio: "ignore" }).once("exit", (code) => done(code));
      });
    const started = (...words: string[]): NodeProcess => {
      const one = new NodeProcess(...words);
      processes.push(one);
      return one;
    };
    const receipts = (node: NodeProcess, type: string, id: string) =>
      node.lines.flatMap(({ receipt }) =>
        receipt?.body.receipt_type === type && receipt.body["action_id"] === id ? [receipt.body] : [],
      );

    it("earns its stage, takes a plan and hands over each step", { timeout: 150_000 }, async () => {
      const deployment = join(folder, "cell.yaml");
      const patient = readFileSync(resolve(ROOT, "launch/sim.mqtt.yaml"), "utf8")
        .replaceAll("mqtt://127.0.0.1:1883", broker.url)
        .replaceAll(/maxAgeMs: \d+/g, "maxAgeMs: 5000")
        .replaceAll(/minRateHz: \d+/g, "minRateHz: 1")
        .replace("self: { reactionTimeMs: 50 }", "self: { reactionTimeMs: 50, maxLoopLagMs: 2000 }");
      writeFileSync(
        deployment,
        `${patient}
gate:
  stageEvidence: { minDecisions: 10, maxDisagreementShare: 0.5, maxLatencyMs: 1000 }
  energy: { monitored: false, because: "no risk head in this test" }
  deferral: { monitored: false, because: "nothing was learned yet in this test" }
  person: { channels: [base_scan] }
  limits: { stateMaxAgeMs: 5000 }
  permitMs: 5000
  snapshotMaxAgeMs: 5000
  watcher: { graceMs: 10000 }
  targets:
    arm: { path: /arm, verbs: [plan] }
    hand: { path: /hand, verbs: [gripper] }
  skills:
    grip: { durationMs: 500, gripper: { target: /hand, widthM: 0.02, forceN: 20 } }
    settle: { durationMs: 100, pause: true }
`,
      );
      const sim = started(
        "sim",
        "serve",
        "--mqtt",
        broker.url,
        "--scenario",
        "idle",
        "--seed",
        "7",
        "--json",
      );
      const node = started("run", deployment, "--data", join(folder, "data"), "--port", "0", "--json");
      await sim.line((line) => (line as { armed?: boolean }).armed === false);
      const running = node.changedTo("RUNNING");
      let runs = false;
      void running.then(() => (runs = true));
      while (!runs) {
        await ask("reset");
        await ask("resume");
        await new Promise((wake) => setTimeout(wake, 300));
      }
      peer = await Peer.join(broker.url);
      const propose = (id: string, steps: readonly string[]) => {
        const nodes = steps.map((skill, i) => ({ id: `s${i}`, skill }));
        return peer!.say(
          "sim/factory/proposal/planner",
          {
            schema: "cellgate.proposal/1",
            action_id: id,
            proposer: "planner",
            target: "arm",
            verb: "plan",
            args: { nodes, edges: nodes.slice(1).map((n, i) => [nodes[i]!.id, n.id]) },
            evidence: { decision_probabilities: [0.99, 0.01], confidence_trajectory: [0.98, 0.99] },
          },
          { expiry: 5 },
        );
      };
      const judged = (id: string) =>
        node.line(
          ({ receipt }) =>
            ["gate_decision", "block"].includes(receipt?.body.receipt_type ?? "") &&
            receipt!.body["action_id"] === id,
        );
      for (let i = 0; i < 12; i++) {
        await propose(`shadow-${i}`, i % 2 === 0 ? ["grip"] : ["settle"]);
        await judged(`shadow-${i}`);
      }
      // what passed in shadow counts when its time is over
      while ((await ask("stage", "advance", "--because", "twelve decisions in shadow")) !== 0)
        await new Promise((done) => setTimeout(done, 500));
      await propose("whole", ["grip", "settle", "grip"]);
      await node.line(
        ({ receipt }) =>
          receipt?.body.receipt_type === "permit_used" &&
          receipt.body["action_id"] === "whole" &&
          receipt.body["outcome"] !== "released",
      );
      const outcomes = (id: string) => receipts(node, "permit_used", id).map((body) => body["outcome"]);
      expect(outcomes("whole")).toEqual(["released", "completed"]);
      expect([outcomes("whole~1"), outcomes("whole~2"), outcomes("whole~3")]).toEqual([
        ["released", "completed"],
        [],
        ["released", "completed"],
      ]);
    });
  },
);
