import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "../../../src/cli/command.ts";
import { MOSQUITTO_MISSING } from "../../edge/transports/mqtt/broker.ts";
import { AttackedNode, OWN, until } from "./attacked-node.ts";

/** Loaded into the real node: a mistake of ours at a moment of the test's choosing, which nobody catches. */
const MISTAKES = `data:text/javascript,
process.on("SIGUSR2", () => setImmediate(() => { throw new Error("a mistake of ours"); }));
process.on("SIGHUP", () => void Promise.reject(new Error("a mistake of ours")));`.replaceAll("\n", "");

describe.skipIf(MOSQUITTO_MISSING !== null)("what nobody catches says a last stop", () => {
  const rig = new AttackedNode();
  const before = process.env["NODE_OPTIONS"];
  beforeAll(async () => {
    process.env["NODE_OPTIONS"] = `--import=${encodeURI(MISTAKES)}`;
    await rig.begin();
  });
  afterAll(async () => {
    if (before === undefined) delete process.env["NODE_OPTIONS"];
    else process.env["NODE_OPTIONS"] = before;
    await rig.end();
  });

  test.each([
    ["an exception", "SIGUSR2"],
    ["a rejection", "SIGHUP"],
  ] as const)("%s: stop, receipt, latch, code", async (_what, signal) => {
    await rig.toRunning();
    const stops = (): number =>
      rig.plant
        .json(`${OWN}/command/drive`)
        .filter(({ payload }) => String(payload).includes('"stop"') && String(payload).includes("NODE_FAULT"))
        .length;
    const heard = stops();
    const ended = await rig.node!.kill(signal);
    expect(ended, rig.node!.stderr).toBe(EXIT.failed);
    await until("the last stop reached the plant", () => stops() > heard);
    expect(rig.node!.stderr).toContain("NODE_FAULT");
    const faults = rig
      .receipts()
      .filter(({ body }) => body.receipt_type === "fault" && body.code === "NODE_FAULT");
    expect(faults.length).toBeGreaterThan(0);
    await rig.start();
    expect((await rig.status()).causes.map((c) => c.code)).toContain("NODE_FAULT");
  });
});
