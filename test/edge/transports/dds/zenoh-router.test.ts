import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { DdsTransport, ddsSettingsSchema } from "../../../../src/edge/transports/dds/index.ts";
import { hasListener } from "../../../../src/edge/transports/dds/zenoh-router.ts";
import { seenDoor, wireContext } from "../../../contract/ros-door.ts";
import { readFileSync } from "node:fs";

describe("a graph that DDS does not see", () => {
  const before = process.env["RMW_IMPLEMENTATION"];
  afterEach(() => {
    if (before === undefined) delete process.env["RMW_IMPLEMENTATION"];
    else process.env["RMW_IMPLEMENTATION"] = before;
  });
  it("is refused where the machine's ROS speaks Zenoh", async () => {
    process.env["RMW_IMPLEMENTATION"] = "rmw_zenoh_cpp";
    const seen = seenDoor();
    const transport = new DdsTransport(ddsSettingsSchema.parse({ kind: "dds" }));
    await expect(transport.open(wireContext(seen.door, []))).rejects.toThrow(/rmw_zenoh_cpp.*kind: ros2/);
    expect(seen.health[0]).toMatchObject({ code: "DDS_OPEN_FAILED", active: true });
  });
  it("a listening router is found in the kernel's own table; a connection to one is none", () => {
    const row = (local: string, state: string): string =>
      `  sl  local_address rem_address st\n   0: ${local} 00000000:0000 ${state} 00000000:00000000`;
    expect(hasListener(row("00000000:1D17", "0A"))).toBe(true);
    expect(hasListener(row("00000000:1D17", "01"))).toBe(false);
    expect(hasListener(row("00000000:1D18", "0A"))).toBe(false);
    expect(hasListener("")).toBe(false);
  });
  it.skipIf(process.platform !== "linux")("the table has the form that is read", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const wanted = port.toString(16).toUpperCase().padStart(4, "0");
    const row = readFileSync("/proc/net/tcp", "utf8")
      .split("\n")
      .find((line) => line.trim().split(/\s+/)[1]?.endsWith(`:${wanted}`));
    expect(row?.trim().split(/\s+/)[3]).toBe("0A");
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
});
