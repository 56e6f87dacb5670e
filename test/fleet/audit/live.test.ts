import { afterAll, afterEach, describe, expect, test } from "vitest";
import { EXIT } from "../../../src/cli/command.ts";
import { partsOfTopics } from "../../../src/fleet/audit/index.ts";
import { QUESTIONS } from "../../../src/core/audit/index.ts";
import { endPeers, peerMissing, startPeer, testDomain } from "../../edge/transports/dds/peer.ts";
import { Broker, MOSQUITTO_MISSING, Peer } from "../../edge/transports/mqtt/broker.ts";
import { runCommand } from "../../cli/run-command.ts";

/** The live graph: cycles that only the wire knows. */
interface Found {
  readonly question: string;
  readonly code: string;
  readonly what: string;
  readonly severity: string;
  readonly place: { readonly file: string; readonly line: number } | null;
}
async function auditOf(...args: string[]): Promise<{ code: number; findings: Found[]; err: string }> {
  const { code, out, err } = await runCommand(["audit", ...args, "--json"]);
  const said = out === "" ? { findings: [] } : (JSON.parse(out) as { findings: Found[] });
  return { code, findings: said.findings, err };
}

describe.skipIf(peerMissing() !== null)(
  `DDS${peerMissing() === null ? "" : ` (skipped: ${peerMissing()})`}`,
  () => {
    afterEach(endPeers);
    test("two processes that answer each other are a loop, found from discovery alone", async () => {
      const domain = testDomain(31);
      const pong = startPeer(["pong"], { domain });
      const ping = startPeer(["ping", "100000", "100000"], { domain });
      for (let i = 0; i < 10; i++) {
        const { code, findings } = await auditOf(`dds:${domain}`, "--live", "2");
        const loop = findings.find((f) => f.code === "AUDIT_FEEDBACK_LOOP");
        if (loop === undefined) continue;
        expect(code).toBe(EXIT.found);
        expect(loop.what).toMatch(/part .* → topic .* → part .* → topic .* → part/);
        await Promise.all([ping.end(), pong.end()]);
        const alone = startPeer(["wrench", "/ft", "100000", "10000", "reliable"], { domain });
        expect((await auditOf(`dds:${domain}`, "--live", "2")).findings.map((f) => f.code)).not.toContain(
          "AUDIT_FEEDBACK_LOOP",
        );
        await alone.end();
        return;
      }
      throw new Error("discovery did not show both peers");
    }, 120_000);
  },
);

const noBroker = MOSQUITTO_MISSING === null ? "" : ` (skipped: ${MOSQUITTO_MISSING})`;
describe.skipIf(noBroker !== "")(`MQTT${noBroker}`, () => {
  const broker = new Broker();
  afterAll(() => broker.end());
  test("parts are told from known topics; what a broker cannot tell is said", async () => {
    await broker.start();
    const peer = await Peer.join(broker.url);
    await peer.say("plant/press/status", "{}", { retain: true });
    await peer.say("plant/press/state", "{}", { retain: true });
    await peer.say("spBv1.0/line/NBIRTH/edge1", "x", { retain: true });
    const { code, findings } = await auditOf(broker.url, "--live", "1");
    expect(code).toBe(EXIT.ok);
    expect(findings.at(-1)).toMatchObject({
      code: "AUDIT_INCOMPLETE",
      what: expect.stringContaining("who subscribes"),
    });
    // a broker says nothing about the other questions either
    expect(findings.map((f) => [f.question, f.code, f.severity])).toEqual(
      [...QUESTIONS.filter((q) => q !== "feedback loops"), "feedback loops"].map((question) => [
        question,
        "AUDIT_INCOMPLETE",
        "warning",
      ]),
    );
    await peer.leave();
  }, 60_000);
  test("cells of the contract, Sparkplug nodes and unnamed publishers", () => {
    expect(
      partsOfTopics([
        "a/b/press/status",
        "a/b/press/command/drive",
        "a/b/press/ack/drive",
        "a/b/panel/estop",
        "spBv1.0/line/DBIRTH/edge1/motor",
        "spBv1.0/line/DCMD/edge1/motor",
      ]),
    ).toEqual([
      {
        name: "cell a/b/press",
        publishes: ["a/b/press/status", "a/b/press/command/drive"],
        subscribes: ["a/b/press/ack/drive"],
      },
      { name: "unnamed publisher of a/b/panel/estop", publishes: ["a/b/panel/estop"], subscribes: [] },
      {
        name: "Sparkplug node line/edge1",
        publishes: ["spBv1.0/line/DBIRTH/edge1/motor"],
        subscribes: ["spBv1.0/line/DCMD/edge1/motor"],
      },
    ]);
  });
  test("a wire that is not there is said, not passed", async () => {
    const { code, err } = await auditOf("mqtt://127.0.0.1:1", "--live", "1");
    expect(code).toBe(EXIT.failed);
    expect(err).toMatch(/127\.0\.0\.1:1/);
  });
});
