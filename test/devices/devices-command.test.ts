import { createSocket } from "node:dgram";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../src/cli/command.ts";
import { PtyPair, SOCAT_MISSING } from "../edge/transports/serial/pty-pair.ts";
import { runCommand, type Said } from "../cli/run-command.ts";

const run = (...argv: string[]): Promise<Said> => runCommand(["devices", ...argv]);
const tfmini = (cm: number): Buffer => {
  const frame = Buffer.from([0x59, 0x59, cm & 0xff, cm >> 8, 0x88, 0x13, 0x28, 0x09, 0]);
  frame[8] = frame.reduce((sum, byte) => sum + byte, 0) & 0xff;
  return frame;
};

describe("cellgate devices", () => {
  it("lists devices and ports", async () => {
    const { code, out } = await run("list");
    expect(code).toBe(EXIT.ok);
    expect(out).toContain("robotiq_ft300");
    const json = JSON.parse((await run("list", "--json")).out) as {
      devices: { name: string; quantities: string[] }[];
    };
    expect(json.devices.find((d) => d.name === "universal_robots_primary")!.quantities).toContain(
      "safetyMode",
    );
  });
  it("says what is wrong with what was asked", async () => {
    expect(await run("probe")).toMatchObject({ code: EXIT.usage });
    expect((await run("monitor", "nobody")).err).toContain('no device named "nobody"');
    expect((await run("monitor", "benewake_tfmini")).err).toContain("needs a serial port");
    expect((await run("monitor", "optoforce_daq", "--port", "/dev/x", "--settings", "{}")).err).toContain(
      "countsPerNewton",
    );
    expect((await run("monitor", "ati_net_ft", "--settings", "{")).err).toContain("not JSON");
    expect((await run("monitor", "ati_net_ft", "--host", "127.0.0.1", "--for", "-1")).code).toBe(EXIT.usage);
  });
  it.skipIf(SOCAT_MISSING !== null)(
    `recognises and shows a device on a port${SOCAT_MISSING === null ? "" : `: skipped, ${SOCAT_MISSING}`}`,
    async () => {
      const pty = new PtyPair();
      await pty.plug();
      let cm = 100;
      const sensor = setInterval(() => pty.write(tfmini(cm++ % 900)), 10);
      const probed = await run("probe", "--port", pty.near, "--for", "0.4");
      expect(probed.out).toContain("This is benewake_tfmini");
      expect(probed.code).toBe(EXIT.ok);
      const shown = await run("monitor", "benewake_tfmini", "--port", pty.near, "--for", "0.5s");
      expect(shown.code).toBe(EXIT.ok);
      expect(shown.out).toMatch(/range\s+\d+ Hz/);
      clearInterval(sensor);
      const silent = () => run("monitor", "benewake_tfmini", "--port", pty.near, "--for", "0.2s");
      // bytes on their way through the pair still arrive on a busy machine; then nothing does
      for (let tries = 0; tries < 20 && (await silent()).code === EXIT.ok; tries++);
      expect((await silent()).code).toBe(EXIT.found);
      await pty.end();
    },
  );
  it("recognises a network device", async () => {
    const sensor = createSocket("udp4");
    let count = 0;
    sensor.on("message", (_bytes, from) => {
      for (let i = 0; i < 20; i++) {
        const reply = Buffer.alloc(36);
        reply.writeUInt32BE(++count, 0);
        sensor.send(reply, from.port, from.address);
      }
    });
    await new Promise<void>((resolve) => sensor.bind(0, "127.0.0.1", resolve));
    const probed = await run(
      "probe",
      "--host",
      `127.0.0.1:${sensor.address().port}`,
      "--for",
      "0.3",
      "--json",
    );
    expect(JSON.parse(probed.out)).toMatchObject({ recognised: "ati_net_ft" });
    sensor.close();
  });
});
