import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { EXIT } from "../../../src/cli/command.ts";
import { ROLES } from "../../../src/core/domain/index.ts";
import { ArtefactStore, BUILT_IN } from "../../../src/node/in-use/index.ts";
import { runCommand } from "../../cli/run-command.ts";
import { DEMO_GATE, demoCell, demoMove } from "../../node/demo-cell.ts";
import { type Line, NodeProcess } from "../../node/processes.ts";

/** A gate setting and an adapter from the file to the way back, by the commands that people type. */
const folder = mkdtempSync(join(tmpdir(), "cellgate-kinds-live-"));
let node: NodeProcess | null = null;
afterAll(async () => {
  await node?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
const cli = (...argv: string[]) => runCommand(argv, { cwd: folder });
const GATE = { ...DEMO_GATE, stage: 2 };
const cell = join(folder, "cell.yaml");
writeFileSync(
  cell,
  demoCell({
    "transports.sim.scenario": "idle",
    operators: [{ name: "anna", roles: ROLES }],
    gate: { ...GATE, limits: { horizonMs: 3_250 } },
  }),
);
const data = join(folder, "data");
const promote = (file: string) =>
  cli("promote", file, "--deployment", cell, "--data", data, "--scenarios", "120", "--threads", "2");

async function start(): Promise<NodeProcess> {
  const run = ["run", cell, "--data", data, "--seed", "3", "--port", "0", "--for", "30m", "--json"];
  node = new NodeProcess(...run);
  await node.changedTo("RUNNING");
  return node;
}
/** What the node says of itself; a node that is starting anew answers a little later. */
async function statusOnceReachable(): Promise<{ motion: { position_rad: number[] } }> {
  for (let i = 0; i < 300; i++) {
    const { out, code } = await cli("status", "--json", "--data", data);
    if (code === EXIT.ok) return JSON.parse(out) as { motion: { position_rad: number[] } };
    await pause(200);
  }
  throw new Error("the node did not answer for a minute");
}
/** A slow turn of the first joint, longer than any that the battery proposes; there and back again. */
async function propose(id: string): Promise<string> {
  const status = await statusOnceReachable();
  const positions_rad = status.motion.position_rad.map((q, j) => (j === 0 ? (q > 0.5 ? -0.7 : 0.8) : q));
  writeFileSync(join(folder, `${id}.json`), JSON.stringify(demoMove(id, positions_rad, 3_200)));
  const { out, err } = await cli("propose", `${id}.json`, "--data", data, "--as", "anna", "--wait", "60");
  return out + err;
}

describe("F35 from the file to the way back", { timeout: 300_000 }, () => {
  // what each of them does to this proposer, no proposer of the battery would notice
  const candidates = [
    [
      "gate",
      "gate.yaml",
      stringify({ gate: { ...GATE, limits: { horizonMs: 3_100 } } }),
      "ROLLBACK_FALSE_STOPS",
    ],
    [
      "policy",
      "calm.yaml",
      "schema: cellgate.policy/1\nname: calm\nproposers: [planner]\ntrajectory: { timeScale: 1.03 }\n",
      "ROLLBACK_FALSE_STOPS",
    ],
  ] as const;
  test.each(candidates)("%s", async (kind, file, text, code) => {
    writeFileSync(join(folder, file), text);
    const promoted = await promote(file);
    expect(promoted.out).toMatch(/^PROMOTED/);
    expect(promoted.code).toBe(EXIT.ok);
    const hash = new ArtefactStore(data).active(kind);
    expect(hash).not.toBe(BUILT_IN);

    const running = await start();
    const answers: string[] = [];
    const isBack = () => running.stderr.includes(`starts anew: ${kind} went back`);
    // the one before is busy with what it let through; and both have to have moved together for a while
    for (let i = 0; i < 60 && !isBack(); i++) {
      answers.push(await propose(`${kind}-${i}`));
      await pause(1_500);
    }
    expect(isBack(), answers.join("\n")).toBe(true);
    // in use: it refuses what the one before would not
    expect(answers[0]).toMatch(/^RED/);
    const isWord = (l: Line) =>
      l.receipt?.body["receipt_type"] === "fault" && l.receipt.body["code"] === code;
    await running.line(isWord);
    await running.line(
      (l) =>
        l.receipt?.body["to"] === "RUNNING" && running.lines.indexOf(l) > running.lines.findIndex(isWord),
    );
    expect(await propose(`${kind}-after`)).not.toMatch(/^RED/);
    await running.kill("SIGINT");

    expect(new ArtefactStore(data).active(kind)).toBe(BUILT_IN);
    const history = await cli("promote", "history", "--data", data);
    expect(history.out).toMatch(new RegExp(`rolled-back +${kind}.*${code}`));
    const told = await cli("ledger", "show", "--type", "rollback", "--data", data);
    expect(told.out).toContain(code);
    // and it is not taken again unasked
    const again = await promote(file);
    expect([again.code, again.out]).toEqual([
      EXIT.found,
      expect.stringContaining("PROMOTION_REFUSED_BEFORE"),
    ]);
  });
});
