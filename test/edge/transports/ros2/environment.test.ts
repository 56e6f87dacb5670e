import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rosEnvironment } from "../../../../src/edge/transports/ros2/index.ts";
import { Ros2Transport, ros2SettingsSchema } from "../../../../src/edge/transports/ros2/index.ts";
import { seenDoor, wireContext } from "../../../contract/ros-door.ts";

let root = "";
const binding = () => join(root, "rclnodejs");
const write = (...path: string[]): void => {
  mkdirSync(join(root, ...path.slice(0, -1)), { recursive: true });
  writeFileSync(join(root, ...path), "{}");
};
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "cellgate-ros-env-"));
  write("prefix", "lib", "librmw_cyclonedds_cpp.so");
  write("rclnodejs", "package.json");
  write("rclnodejs", "build", "Release", "rclnodejs.node");
  write("rclnodejs", "generated", "std_msgs", "index.js");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const sourced = () => ({ ROS_DISTRO: "jazzy", AMENT_PREFIX_PATH: join(root, "prefix") });
const code = (env: Record<string, string>, library = binding()): string => {
  const result = rosEnvironment(env, library);
  return result.ok ? "ok" : result.error.code;
};

describe("the binding is imported only where that is safe", () => {
  it("not without a sourced ROS", () => {
    expect(code({})).toBe("ROS_NOT_SOURCED");
    expect(code({ ROS_DISTRO: "jazzy" })).toBe("ROS_NOT_SOURCED");
    expect(code({ ...sourced(), AMENT_PREFIX_PATH: "" })).toBe("ROS_NOT_SOURCED");
  });
  it("not when the named middleware is missing, wherever it could lie", () => {
    expect(code(sourced())).toBe("ok");
    expect(code({ ...sourced(), RMW_IMPLEMENTATION: "rmw_cyclonedds_cpp" })).toBe("ok");
    expect(code({ ...sourced(), RMW_IMPLEMENTATION: "rmw_absent" })).toBe("ROS_MIDDLEWARE_MISSING");
    expect(code({ ...sourced(), RMW_IMPLEMENTATION: "../lib/rmw_cyclonedds_cpp" })).toBe(
      "ROS_MIDDLEWARE_MISSING",
    );
    const elsewhere = {
      ...sourced(),
      AMENT_PREFIX_PATH: "/nonexistent",
      LD_LIBRARY_PATH: join(root, "prefix", "lib"),
    };
    expect(code({ ...elsewhere, RMW_IMPLEMENTATION: "rmw_cyclonedds_cpp" })).toBe("ok");
  });
  it("not when its import would start a build", () => {
    expect(code(sourced(), join(root, "nothing"))).toBe("ROS_BINDING_MISSING");
    write("unbuilt", "package.json");
    expect(code(sourced(), join(root, "unbuilt"))).toBe("ROS_BINDING_MISSING");
    write("unbuilt", "build", "Release", "rclnodejs.node");
    expect(code(sourced(), join(root, "unbuilt"))).toBe("ROS_BINDING_MISSING");
  });
  it("not on another thread, where it aborts the process", async () => {
    const url = new URL("../../../../src/edge/transports/ros2/index.ts", import.meta.url).href;
    const env = JSON.stringify(sourced());
    const source = `const { parentPort } = require("node:worker_threads");
      import(${JSON.stringify(url)}).then(({ rosEnvironment }) => parentPort.postMessage(rosEnvironment(${env}, ${JSON.stringify(binding())})));`;
    const worker = new Worker(source, { eval: true });
    const answer = await new Promise<ReturnType<typeof rosEnvironment>>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    await worker.terminate();
    expect(answer.ok ? "ok" : answer.error.detail).toContain("first thread");
  });
  it("a transport that may not import it says so with a code, and stays closed", async () => {
    const seen = seenDoor();
    const library = join(root, "nothing");
    const transport = new Ros2Transport(ros2SettingsSchema.parse({ kind: "ros2", library }));
    await expect(transport.open(wireContext(seen.door, []))).rejects.toThrow(/^ROS_/);
    expect(seen.health).toHaveLength(1);
    expect(transport.health().connected).toBe(false);
    expect(transport.sender.send("/x", { kind: "stop", pose: [], code: "X" })).toBe(false);
    await transport.close();
  });
});
