import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readRosArguments, settingsOf, splitRosArguments } from "../../src/node/deployment/index.ts";
import { readDeployment } from "../../src/node/run/index.ts";
import { runCommand } from "../cli/run-command.ts";

const FILE = join(import.meta.dirname, "../../launch/dds-cell.yaml");
const folder = mkdtempSync(join(tmpdir(), "cellgate-ros-args-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const read = (...words: string[]) => readRosArguments(words, folder);

describe("what ROS hands over on the command line", () => {
  it("stands apart from what is ours, up to a closing --", () => {
    expect(splitRosArguments(["a.yaml", "--ros-args", "-r", "a:=b", "--", "--json"])).toEqual({
      own: ["a.yaml", "--json"],
      ros: ["-r", "a:=b"],
    });
  });
  it("namespace, node and remaps count for wires and gate, before names are matched; parameters at their place", () => {
    const file = join(folder, "params.yaml");
    writeFileSync(
      file,
      "/**: { ros__parameters: { gate: { permitMs: 700 }, control: { port: 1 } } }\nother: { ros__parameters: { cell: no } }\n",
    );
    const found = read(
      ...["-r", "__ns:=/cell_1", "-r", "__node:=guard", "-r", "/scan:=/front/scan"],
      ...["--params-file", file, "-p", "control.port:=8790", "-p", "use_sim_time:=false"],
      ...["--log-level", "info", "--disable-rosout-logs"],
    );
    if (!found.ok) throw new Error(found.error);
    const before = readDeployment(FILE);
    if (!before.ok) throw new Error("the example is good");
    const after = readDeployment(FILE, settingsOf(found.value, before.deployment));
    if (!after.ok) throw new Error(JSON.stringify(after.problems));
    const { gate, control, transports } = after.deployment;
    expect(transports["robot"]).toMatchObject({
      namespace: "/cell_1",
      node: "guard",
      remaps: ["/scan:=/front/scan"],
    });
    expect([gate.namespace, gate.node, gate.remaps["/scan"], gate.permitMs]).toEqual([
      ...["/cell_1", "guard", "/front/scan", 700],
    ]);
    expect(control.port).toBe(8_790);
    // another configuration is another hash
    expect(after.hash).not.toBe(before.hash);
  });
  it("what is not understood is refused, never left out", () => {
    for (const [words, said] of [
      [["-r", "nothing"], /from:=to/],
      [["-p", "nothing"], /name:=value/],
      [["-p", "use_sim_time:=true"], /own clock/],
      [["-p", "__proto__.x:=1"], /no place in a deployment/],
      [["--what", "x"], /no argument of ROS/],
      [["-r"], /needs a value/],
      [["--params-file", "absent.yaml"], /cannot be read/],
    ] as const)
      expect(read(...words)).toMatchObject({ ok: false, error: expect.stringMatching(said) });
  });
  it("config check takes them, and a parameter that is no setting is an error in words", async () => {
    expect((await runCommand(["config", "check", FILE, "--ros-args", "-r", "__ns:=/cell_1"])).code).toBe(0);
    const wrong = await runCommand(["config", "check", FILE, "--ros-args", "-p", "no_such:=1"]);
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/no_such/)]);
    const elsewhere = await runCommand(["doctor", "--ros-args", "-r", "a:=b"]);
    expect([elsewhere.code, elsewhere.err]).toEqual([2, expect.stringMatching(/--ros-args/)]);
  });
});
