import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { canonicalBytes } from "../../../../src/core/base/canonical.ts";
import { openSignedRequests } from "../../../../src/edge/ledger/index.ts";
import { REQUEST_SCHEMA, ReleaseDesk } from "../../../../src/edge/transports/ros/index.ts";
import { seenDoor, wireContext } from "../../../contract/ros-door.ts";

const INSTANCE = "cellgate/test-00000000#2";
const keys = generateKeyPairSync("ed25519");
const publicKey = Buffer.from(keys.publicKey.export({ format: "jwk" }).x!, "base64url").toString("hex");
const operators = [
  { name: "ada", roles: ["reset", "resume", "approve", "configure"] as const, publicKey },
  { name: "bob", roles: ["reset"] as const },
];

function at(release: "off" | "signed" | "sros2", sros2Operator: string | null = null) {
  const seen = seenDoor();
  const own = wireContext(seen.door, []);
  const signed = openSignedRequests({
    dataDir: "/nonexistent",
    instance: INSTANCE,
    by: { key: new Uint8Array(32), boot: 1 },
    writer: null,
    wallUs: () => own.clock.epoch + own.clock.now(),
    onFailure: () => undefined,
  });
  const context = { ...own, operators, signed };
  return { seen, context, desk: new ReleaseDesk(release, context, sros2Operator) };
}
let n = 0;
const request = (more: Record<string, unknown> = {}) => ({
  schema: REQUEST_SCHEMA,
  cell: "test",
  instance: INSTANCE,
  request_id: `r${n++}`,
  by: "ada",
  issued_us: Date.now() * 1_000,
  reason: "checked",
  act: "reset",
  ...more,
});
const signed = (body: Record<string, unknown>, key = keys.privateKey) =>
  JSON.stringify({ request: body, signature: sign(null, canonicalBytes(body), key).toString("hex") });

describe("A3 what releases motion is off by default and needs a signature or SROS 2", () => {
  it("off refuses everything, even a good signature", () => {
    const { desk, seen } = at("off");
    expect(desk.text(signed(request())).accepted).toBe(false);
    expect(desk.plain("reset", "x").accepted).toBe(false);
    expect(seen.acts).toEqual([]);
  });
  it("a signed reset is a rising edge and its release", () => {
    const { desk, seen } = at("signed");
    expect(desk.text(signed(request({ request_id: "one" }))).accepted).toBe(true);
    expect(seen.acts).toMatchObject([
      { by: "ada", requestId: "one", act: { name: "reset", level: 1, retained: false } },
      { by: "ada", requestId: "one#released", act: { name: "reset", level: 0, retained: false } },
    ]);
  });
  it("an approval keeps what it was bound to", () => {
    const { desk, seen } = at("signed");
    const body = request({
      act: "approve",
      action_id: "a1",
      granted: true,
      args_hash: "h1",
      config_hash: "h2",
      model_hash: "h3",
    });
    expect(desk.text(signed(body)).accepted).toBe(true);
    expect(seen.acts).toMatchObject([
      {
        actionId: "a1",
        granted: true,
        argsHash: "h1",
        configHash: "h2",
        modelHash: "h3",
        signature: "valid",
      },
    ]);
  });
  it.each([
    ["unsigned", () => JSON.stringify(request())],
    ["altered after signing", () => signed(request()).replace('"act":"reset"', '"act":"resume"')],
    ["signed by somebody else", () => signed(request(), generateKeyPairSync("ed25519").privateKey)],
    ["by an operator without a key", () => signed(request({ by: "bob" }))],
    ["by nobody known", () => signed(request({ by: "eve" }))],
    ["for another cell", () => signed(request({ cell: "other" }))],
    ["for another start", () => signed(request({ instance: "cellgate/test-00000000#1" }))],
    [
      "for no start",
      () => {
        const { instance: _instance, ...body } = request();
        return signed(body);
      },
    ],
    ["from an hour ago", () => signed(request({ issued_us: (Date.now() - 3_600_000) * 1_000 }))],
    ["from an hour ahead", () => signed(request({ issued_us: (Date.now() + 3_600_000) * 1_000 }))],
    ["with an unknown member", () => signed(request({ also: 1 }))],
    ["of an unknown act", () => signed(request({ act: "start" }))],
    ["not JSON", () => "{"],
    ["too long", () => `"${"x".repeat(10_000)}"`],
  ])("refuses a request %s", (_, text) => {
    const { desk, seen } = at("signed");
    const answer = desk.text(text());
    expect(answer.accepted).toBe(false);
    expect(answer.detail).toContain("ROS_RELEASE_REFUSED");
    expect(seen.acts).toEqual([]);
  });
  it("a recorded request is carried out once", () => {
    const { desk, seen } = at("signed");
    const text = signed(request({ act: "stage", stage: 2 }));
    expect(desk.text(text).accepted).toBe(true);
    expect(desk.text(text).accepted).toBe(false);
    expect(seen.acts).toHaveLength(1);
  });
  it("a plain call passes only behind a middleware that authenticates, as the operator of the deployment", () => {
    expect(at("signed", "ada").desk.plain("reset", "x").accepted).toBe(false);
    expect(at("sros2", null).desk.plain("reset", "x").accepted).toBe(false);
    expect(at("sros2", "nobody").desk.plain("reset", "x").accepted).toBe(false);
    const { desk, seen } = at("sros2", "ada");
    expect(desk.plain("resume", "x").accepted).toBe(true);
    expect(seen.acts).toMatchObject([{ by: "ada", act: { name: "resume" } }]);
  });
});
