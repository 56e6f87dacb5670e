import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NodeProcess } from "./processes.ts";

const DEMO = "launch/demo-cell.yaml";
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cellgate-run-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const data = (name: string) => ["--data", join(folder, name), "--port", "0"];
const end = async (node: NodeProcess) => {
  expect(await node.ended).toBe(0);
  return node.lines.at(-1)!;
};

describe("cellgate run, as a process", () => {
  test("the demo: slows, stops, latches; the person leaves; reset, then resume", async () => {
    const node = new NodeProcess(
      "run",
      DEMO,
      "--for",
      "20s",
      "--seed",
      "7",
      "--speed",
      "max",
      "--json",
      ...data("a"),
    );
    await end(node);
    const states = node.lines
      .filter((l) => l.receipt?.body["receipt_type"] === "state_change")
      .map((l) => l.receipt!.body["to"]);
    expect(states).toEqual([
      "STARTING",
      "READY_BLOCKED",
      "RUNNING",
      "SLOW",
      "STOPPED",
      "READY_BLOCKED",
      "RUNNING",
    ]);
  });

  test("the same seed gives the same digest, at full speed and in real time; another seed another one", async () => {
    const run = async (seed: string, speed: string, name: string) =>
      (
        await end(
          new NodeProcess(
            "run",
            DEMO,
            "--for",
            "3s",
            "--seed",
            seed,
            "--speed",
            speed,
            "--json",
            ...data(name),
          ),
        )
      ).digest;
    const [a, b, c, d] = await Promise.all([
      run("7", "max", "a"),
      run("7", "max", "b"),
      run("7", "1", "c"),
      run("8", "max", "d"),
    ]);
    expect(a).toMatch(/^[0-9a-f]{64}$/);
    expect(b).toBe(a);
    expect(c).toBe(a);
    expect(d).not.toBe(a);
  });

  test("SIGTERM ends it in order: exit 130 and a last line with the digest", async () => {
    const node = new NodeProcess("run", DEMO, "--seed", "7", "--json", ...data("a"));
    await node.changedTo("RUNNING");
    expect(await node.kill("SIGTERM")).toBe(130);
    expect(node.lines.at(-1)!.kind).toBe("end");
  });

  test.each(["READY_BLOCKED", "RUNNING", "SLOW", "STOPPED"])(
    "A7 killed with SIGKILL in %s it comes up blocked; what was latched stays latched",
    async (state) => {
      // the scripted operator is out of the way in the second run, so that nothing resets by itself
      const first = new NodeProcess("run", DEMO, "--seed", "7", "--speed", "1", "--json", ...data("a"));
      await first.changedTo(state);
      await first.kill("SIGKILL");
      const second = new NodeProcess(
        "run",
        DEMO,
        "--for",
        "300ms",
        "--seed",
        "7",
        "--speed",
        "max",
        "--json",
        ...data("a"),
      );
      const last = await end(second);
      expect(second.lines.find((l) => l.kind === "block")).toBeDefined();
      const changes = second.lines
        .filter((l) => l.receipt?.body["receipt_type"] === "state_change")
        .map((l) => l.receipt!.body["to"]);
      expect(changes).not.toContain("RUNNING");
      expect(last.state).toBe(state === "STOPPED" ? "STOPPED" : "READY_BLOCKED");
      expect(second.lines.find((l) => l.receipt !== undefined)!.receipt!.receipt_id).toMatch(/^r2\./);
    },
  );
});
