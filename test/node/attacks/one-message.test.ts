import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MOSQUITTO_MISSING, type Peer } from "../../edge/transports/mqtt/broker.ts";
import { AttackedNode, OWN, until } from "./attacked-node.ts";

/** One message must never end the node: what can be written to the broker without any key. */
const HALF = "\ud800";
const say = (text: object): string => JSON.stringify(text);
const signature = "0".repeat(128);

const ATTACKS: readonly (readonly [string, string, string])[] = [
  [
    "signed request by half a character",
    "request/mallory",
    say({ schema: "cellgate.signed-request/2", by: HALF, payload: "{}", signature }),
  ],
  [
    "kill with half a character as reason and id",
    "request/mallory",
    say({ schema: "cellgate.request/1", act: "kill", request_id: HALF, reason: `smoke ${HALF}` }),
  ],
  ["unit with half a character", "panel/estop", say({ value: 1, unit: HALF })],
  ["source with half a character", "panel/estop", say({ value: 1, source: `x${HALF}` })],
  ["a reading of minus zero", "robot/joints", `{"values":[-0,-0.0,-0,-0,-0,-0],"stamp_us":${Date.now()}000}`],
  ["a caller's name of emoji", `proposal/${"🚨".repeat(300)}`, say({ schema: "cellgate.proposal/1" })],
  ["a request's caller of emoji", `request/${"🚨".repeat(600)}`, say({ act: HALF })],
  [
    "an emoji across every length that is cut",
    "request/mallory",
    say({
      schema: "cellgate.request/1",
      act: "kill",
      request_id: "cut",
      reason: `${"x".repeat(199)}🚨${"y".repeat(300)}🚨`,
    }),
  ],
  ["deep JSON as a proposal", "proposal/mallory", "[".repeat(32_000) + "]".repeat(32_000)],
  ["deep JSON as a request", "request/mallory", "[".repeat(32_000) + "]".repeat(32_000)],
  ["deep JSON as a report", "ack/drive", "[".repeat(32_000) + "]".repeat(32_000)],
  ["deep JSON as a reading", "panel/estop", `{"value":${"[".repeat(20_000)}${"]".repeat(20_000)}}`],
  [
    "a proposal of minus zero, a prototype and half a character",
    "proposal/mallory",
    `{"schema":"cellgate.proposal/1","action_id":"${"\\ud83d".repeat(40)}","__proto__":{"a":-0},"constructor":-0}`,
  ],
  [
    "a report with half a character",
    "ack/drive",
    say({ schema: "cellgate.ack/1", actuator: "drive", report: "failed", action_id: HALF, detail: HALF }),
  ],
];

describe.skipIf(MOSQUITTO_MISSING !== null)("one message must never end the node", () => {
  const rig = new AttackedNode();
  let mallory: Peer;
  beforeAll(async () => {
    await rig.begin();
    mallory = await rig.stranger();
  });
  afterAll(async () => {
    await mallory.leave();
    await rig.end();
  });

  test.each(ATTACKS)("%s", async (_what, topic, payload) => {
    await mallory.say(`${OWN}/${topic}`, payload, { expiry: 5 });
    const before = rig.plant.on(`${OWN}/command/drive`).length;
    await pause(300);
    expect(rig.alive, rig.node?.stderr).toBe(true);
    // the canary: its commands go on, and it still answers
    await until("commands go on", () => rig.plant.on(`${OWN}/command/drive`).length > before);
    expect((await rig.status()).causes.map((c) => c.code)).not.toContain("NODE_FAULT");
  });

  test("retained, they do not keep it from coming up again", async () => {
    for (const [, topic, payload] of ATTACKS) await mallory.say(`${OWN}/${topic}`, payload, { retain: true });
    await pause(300);
    expect(rig.alive).toBe(true);
    await rig.node!.kill("SIGKILL");
    await rig.start();
    await pause(500);
    expect(rig.alive, rig.node?.stderr).toBe(true);
    for (const [, topic] of ATTACKS) await mallory.say(`${OWN}/${topic}`, "", { retain: true });
  });
});
