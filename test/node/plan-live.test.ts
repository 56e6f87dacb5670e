import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runCommand, type Said } from "../cli/run-command.ts";
import { DEMO_GATE, demoCell } from "./demo-cell.ts";
import { NodeProcess } from "./processes.ts";

/** A plan on a node that runs, by its public doors: proposed over HTTP, carried out by the simulated arm. */
const folder = mkdtempSync(join(tmpdir(), "cellgate-plan-live-"));
let node: NodeProcess | null = null;
const cli = (...argv: string[]): Promise<Said> =>
  runCommand([...argv, "--data", join(folder, "data"), "--as", "anna"], { cwd: folder });

afterAll(async () => {
  await node?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

interface Status {
  readonly motion: { readonly position_rad: number[] };
  readonly state: string;
  readonly gate: { readonly open: { action_id: string; reason: string }[] };
}
const status = async (): Promise<Status> => JSON.parse((await cli("status", "--json")).out) as Status;
const outcomes = (id: string): string[] =>
  node!.lines.flatMap(({ receipt }) => {
    const body = receipt?.body;
    return body?.receipt_type === "permit_used" && body["action_id"] === id ? [String(body["outcome"])] : [];
  });
const ended = (id: string) =>
  node!.line(
    ({ receipt }) =>
      receipt?.body.receipt_type === "permit_used" &&
      receipt.body["action_id"] === id &&
      receipt.body["outcome"] !== "released",
  );
const propose = (id: string, nodes: readonly { id: string }[]): Promise<Said> => {
  const proposal = {
    schema: "cellgate.proposal/1",
    action_id: id,
    proposer: "planner",
    target: "arm",
    verb: "plan",
    args: { nodes, edges: nodes.slice(1).map((n, i) => [nodes[i]!.id, n.id]) },
  };
  writeFileSync(join(folder, `${id}.json`), JSON.stringify(proposal));
  return cli("propose", `${id}.json`, "--wait", "60");
};

describe("18.8 a plan on a live node with the simulated arm", { timeout: 120_000 }, () => {
  test("runs step by step through arm and hand; what the whole of it came to is one life line", async () => {
    const turned = (turn: number): string =>
      JSON.stringify([turn, -1.2, 1.4, -1.7, -1.6, 0].map((q) => Math.round(q * 1e3) / 1e3));
    const skill = (q: string) => ({
      durationMs: 3_200,
      waypoints: [{ atMs: 3_000, positionsRad: JSON.parse(q) }],
    });
    const file = join(folder, "cell.yaml");
    writeFileSync(
      file,
      demoCell({
        "transports.sim.scenario": "idle",
        gate: {
          ...DEMO_GATE,
          stage: 3,
          targets: {
            arm: { path: "/arm", verbs: ["plan"] },
            hand: { path: "/hand", verbs: ["gripper"] },
          },
          locks: ["table"],
          skills: {
            left: skill(turned(0.2)),
            right: skill(turned(0)),
            grip: { durationMs: 500, gripper: { target: "/hand", widthM: 0.02, forceN: 20 } },
            settle: { durationMs: 100, pause: true },
          },
        },
        operators: [{ name: "anna", roles: ["reset", "resume", "kill", "approve", "acknowledge"] }],
      }),
    );
    const checked = await runCommand(["config", "check", file], { cwd: folder });
    expect([checked.code, checked.err]).toEqual([0, ""]);
    node = new NodeProcess(
      ...["run", file, "--data", join(folder, "data"), "--seed", "3", "--speed", "1", "--port", "0"],
      ...["--for", "30m", "--json"],
    );
    await node.changedTo("RUNNING");
    await new Promise((done) => setTimeout(done, 1_000));
    const said = await propose("whole", [
      { id: "a", skill: "left", acquires: ["table"] },
      { id: "b", skill: "grip" },
      { id: "c", skill: "settle" },
      { id: "d", skill: "right", releases: ["table"] },
    ] as never);
    expect(said.out + said.err).toMatch(/GREEN|YELLOW/);
    await ended("whole");
    expect(outcomes("whole")).toEqual(["released", "completed"]);
    for (const step of [1, 2, 4]) expect(outcomes(`whole~${step}`)).toEqual(["released", "completed"]);
    expect(outcomes("whole~3")).toEqual([]);
    expect((await status()).state).toBe("RUNNING");
    const told = await runCommand(["explain", "whole", "--data", join(folder, "data")], { cwd: folder });
    expect([told.code, told.err]).toEqual([0, ""]);
    for (const words of ["PLAN_BEGUN", "ACTION_COMPLETED", "grip"]) expect(told.out).toContain(words);
  });
  test("a kill in the midst of it: the step is taken back, the plan is over, nothing goes on", async () => {
    await propose("cut", [
      { id: "a", skill: "left", acquires: ["table"] },
      { id: "d", skill: "right", releases: ["table"] },
    ] as never);
    await node!.line(
      ({ receipt }) => receipt?.body.receipt_type === "permit_used" && receipt.body["action_id"] === "cut~1",
    );
    expect((await cli("kill", "--because", "test of a stop in the midst of a plan")).code).toBe(0);
    await ended("cut");
    expect(outcomes("cut~1")).toEqual(["released", "revoked"]);
    expect(outcomes("cut")).toEqual(["released", "revoked"]);
    expect(outcomes("cut~2")).toEqual([]);
    expect((await status()).gate.open).toEqual([]);
  });
});
