import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { open } from "../../src/fleet/index.ts";

/** Anybody can write to a fleet's topics: a message is looked at before its signature can be. */
const { publicKey } = generateKeyPairSync("ed25519");
const kill = (epoch: string, reason: string): Buffer =>
  Buffer.from(
    `{"body":{"format":"cellgate-kill-1","fleet":"line","epoch":${epoch},"killed":true,"reason":${reason},"issuedUs":1},"signature":"${"0".repeat(128)}"}`,
  );
const opened = (payload: Buffer) => open(payload, () => publicKey);

test("a kill of minus zero, or with half a character, is malformed and ends nothing", () => {
  expect(opened(kill("-0", '"x"'))).toEqual({ ok: false, code: "ORDER_MALFORMED" });
  expect(opened(kill("-0.0", '"x"'))).toEqual({ ok: false, code: "ORDER_MALFORMED" });
  expect(opened(kill("1", '"\\ud800"'))).toEqual({ ok: false, code: "ORDER_MALFORMED" });
  expect(opened(kill("1", '"x"'))).toEqual({ ok: false, code: "ORDER_SIGNATURE" });
  const deep = Buffer.from(`{"body":${"[".repeat(50_000)}${"]".repeat(50_000)},"signature":"x"}`);
  expect(opened(deep)).toEqual({ ok: false, code: "ORDER_MALFORMED" });
});

test("no bytes at all make it throw", () => {
  const text = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((u) => String.fromCharCode(u)) });
  const number = fc.oneof(fc.double(), fc.integer(), fc.constant(-0));
  const body = fc.record({
    format: fc.constantFrom("cellgate-kill-1", "cellgate-order-1", "cellgate-report-1", "cellgate-bundle-1"),
    fleet: text,
    epoch: number,
    killed: fc.boolean(),
    reason: text,
    issuedUs: number,
  });
  fc.assert(
    fc.property(fc.oneof(body, fc.jsonValue()), (value) => {
      const payload = JSON.stringify({ body: value, signature: "0".repeat(128) }).replaceAll(":0,", ":-0,");
      expect(opened(Buffer.from(payload)).ok).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});
