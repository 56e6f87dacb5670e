import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@foxglove/rosmsg";
import { MessageReader } from "@foxglove/rosmsg2-serialization";
import { describe, expect, it } from "vitest";
import type { OutMessage } from "../../../../src/edge/ports/index.ts";
import { createOutEncoder } from "../../../../src/edge/transports/ros/out-encoder.ts";
import { OUT_MESSAGES } from "../../../../src/edge/transports/ros/index.ts";
import { KNOWN_TYPES, rosDefinition } from "../../../../src/edge/wire/index.ts";

const folder = join(import.meta.dirname, "../../../../src/edge/transports/ros/cellgate_msgs/msg");
const bare = (text: string): string =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .join("\n");
/** what another reader of ROS messages makes of our bytes */
function read(type: string, message: OutMessage): unknown {
  const settings = {
    message: type,
    frame: "",
    blockedValue: true,
    holdMs: 100,
    release: "jazzy",
    exclusive: true,
  };
  const bytes = createOutEncoder(settings as never, [])(message, 1_700_000_000_250_000);
  if (bytes === null) return null;
  const reader = new MessageReader(parse(rosDefinition(type)!, { ros2: true }));
  return reader.readMessage(bytes.slice());
}
const BEAT = { kind: "heartbeat", counter: 7, state: "RUNNING", mayMove: true, configHash: "abc" } as const;

describe("messages of cellgate_msgs", () => {
  it("are what the package says, word for word", () => {
    const files = readdirSync(folder).map((file) => file.replace(".msg", ""));
    const own = KNOWN_TYPES.filter((type) => type.startsWith("cellgate_msgs/"));
    expect(own.map((type) => type.split("/").at(-1)).sort()).toEqual(files.sort());
    for (const name of files) {
      const first = rosDefinition(`cellgate_msgs/msg/${name}`)!.split(/^=+$/m)[0]!;
      expect([name, bare(first)]).toEqual([name, bare(readFileSync(join(folder, `${name}.msg`), "utf8"))]);
    }
    for (const name of files.filter((file) => file !== "Cause"))
      expect(OUT_MESSAGES as readonly string[]).toContain(`cellgate_msgs/${name}`);
  });
  it("are read by others", () => {
    const stamp = { sec: 1_700_000_000, nanosec: 250_000_000 };
    expect(read("cellgate_msgs/Heartbeat", BEAT)).toEqual({
      stamp,
      counter: 7n,
      state: "RUNNING",
      may_move: true,
      config_hash: "abc",
    });
    expect(read("cellgate_msgs/Block", { kind: "stop", pose: [0.5], code: "ESTOP_PRESSED" })).toEqual({
      stamp,
      blocked: true,
      code: "ESTOP_PRESSED",
      pose: new Float64Array([0.5]),
    });
    expect(read("cellgate_msgs/Block", BEAT)).toMatchObject({ blocked: false });
    const cause = { code: "ESTOP_PRESSED", source: "estop", severity: "stop", active: true, latched: true };
    const body = {
      cell: "c",
      state: "STOPPED",
      may_move: false,
      heartbeat: 9,
      config_hash: "x",
      why: cause,
      causes: [cause],
    };
    expect(read("cellgate_msgs/State", { kind: "publish", body, retain: true })).toMatchObject({
      state: "STOPPED",
      heartbeat: 9n,
      causes: [{ code: "ESTOP_PRESSED", latched: true, cleared_by: "" }],
    });
    const answer = { verdict: "RED", code: "TARGET_BUSY", reason: "a1 runs", stage: 2 };
    expect(
      read("cellgate_msgs/Verdict", { kind: "publish", body: { action_id: "a2", answer }, retain: false }),
    ).toMatchObject({ action_id: "a2", verdict: "RED", stage: 2 });
  });
  it("say nothing that they have no words for", () => {
    for (const type of ["cellgate_msgs/Heartbeat", "cellgate_msgs/State", "cellgate_msgs/Verdict"])
      expect(read(type, { kind: "stop", pose: [], code: "X" })).toBeNull();
  });
});
