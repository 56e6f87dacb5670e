import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { COMMAND_WIDTH, FRAME_WIDTH } from "../../src/core/physics/engine.ts";
import { ANSWER_TIMEOUT_MS, type LockstepServer, startLockstep } from "../../sim/gazebo/lockstep-server.ts";
import { findGazebo, type GazeboPrefix } from "../../sim/gazebo/prefix.ts";

/** Programs in the place of a server that do what a broken one does. */
const HELLO = `const hello = Buffer.alloc(16);
[0x43474c31, 1, ${COMMAND_WIDTH}, ${FRAME_WIDTH}].forEach((n, i) => hello.writeUInt32LE(n, 4 * i));
const socket = require("node:net").connect(process.env.CELLGATE_LOCKSTEP_SOCKET);
setInterval(() => {}, 1000);
`;
const PROGRAMS = {
  "ends at once": `console.error("[Err] a library is missing"); process.exit(3);`,
  "speaks another version": `${HELLO}hello.writeUInt32LE(9, 4); socket.write(hello);`,
  "dies in the middle": `${HELLO}socket.write(hello); socket.on("data", () => process.exit(1));`,
  "loses its socket": `${HELLO}socket.write(hello); socket.on("data", () => socket.destroy());`,
  "says half and hangs": `${HELLO}socket.write(hello); socket.on("data", () => socket.write("half"));`,
};
const root = mkdtempSync(join(tmpdir(), "cellgate-trouble-"));
const running: LockstepServer[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const server of running.splice(0)) await server.close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function start(name: keyof typeof PROGRAMS) {
  const folder = mkdtempSync(join(root, "server-"));
  const loader = join(folder, "root/lib/x86_64-linux-gnu/ld-2.31.so");
  mkdirSync(join(loader, ".."), { recursive: true });
  writeFileSync(loader, `#!${process.execPath}\n${PROGRAMS[name]}\n`);
  chmodSync(loader, 0o755);
  const prefix: GazeboPrefix = {
    root: folder,
    version: "test",
    packagesSha256: "",
    plugin: "",
    pluginSource: "",
  };
  const started = await startLockstep(prefix, join(folder, "cell.world"), folder);
  if (started.ok) running.push(started.value);
  return started;
}
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("a Gazebo that fails", () => {
  it.each([
    ["ends at once", "it ended with 3; [Err] a library is missing"],
    ["speaks another version", `speaks version 9 (${COMMAND_WIDTH}/${FRAME_WIDTH}), expected 1`],
  ] as const)("%s: not started, in words", async (name, words) => {
    const started = await start(name);
    expect(started).toMatchObject({ ok: false, error: expect.stringContaining(words) });
  });
  it.each([
    ["dies in the middle", /Gazebo is gone: (it ended with 1|its socket closed)/],
    ["loses its socket", /Gazebo is gone: its socket closed/],
  ] as const)("%s: whoever waits is told, and the process is ended", async (name, words) => {
    const started = await start(name);
    if (!started.ok) throw new Error(started.error);
    const server = started.value;
    server.send(new Uint8Array(16));
    await expect(async () => server.receive(8)).rejects.toThrow(words);
    await server.close();
    expect(alive(server.pid)).toBe(false);
  });
  it("hangs: after a while nobody waits any longer, and the process is ended", async () => {
    const started = await start("says half and hangs");
    if (!started.ok) throw new Error(started.error);
    const server = started.value;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    server.send(new Uint8Array(16));
    const answer = expect(async () => server.receive(8)).rejects.toThrow("no answer within 20 s");
    await vi.advanceTimersByTimeAsync(ANSWER_TIMEOUT_MS + 1);
    await answer;
    vi.useRealTimers();
    await server.close();
    expect(alive(server.pid)).toBe(false);
  });
  it("an empty cache, another version and a changed plugin say what to do", () => {
    const env = { CELLGATE_CACHE: mkdtempSync(join(root, "cache-")) };
    const missing = findGazebo(env);
    expect(!missing.ok && missing.error).toContain("cellgate sim obtain gazebo");
    const folder = join(env.CELLGATE_CACHE, "gazebo-11.1.0+dfsg-6");
    mkdirSync(folder);
    const note = (text: string): string => {
      writeFileSync(join(folder, "complete.json"), text);
      const found = findGazebo(env);
      return found.ok ? "" : found.error;
    };
    expect(note("{")).toContain("cannot be read");
    expect(note('{"version":"12"}')).toContain("holds Gazebo 12");
    expect(note('{"version":"11.1.0+dfsg-6","pluginSha256":"x"}')).toContain("missing or was changed");
  });
});
