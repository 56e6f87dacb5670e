import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalText } from "../../../src/core/base/canonical.ts";
import { CODES, type Code, operatorIdOf, receiptEnvelope, ROLES } from "../../../src/core/domain/index.ts";
import { createOutbox } from "../../../src/core/cell/outbox.ts";
import { Story } from "./fixture.ts";

const text = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((u) => String.fromCharCode(u)), maxLength: 60 }),
  fc.constantFrom("\ud800", `${"x".repeat(199)}🚨`, "🚨".repeat(3_000), "y".repeat(999) + "🚨", ""),
);
// every code; one of them stands for the type, which is too wide a union for records of records
const code = fc.constantFrom(...Object.keys(CODES)) as fc.Arbitrary<Code> as fc.Arbitrary<"KILLED">;
const by = text.map(operatorIdOf);
const common = { by, roles: fc.constant(ROLES), reason: text };
const event = fc.oneof(
  fc.record({ kind: fc.constant("health" as const), part: text, code, active: fc.boolean(), detail: text }),
  fc.record({ kind: fc.constant("fault" as const), channel: fc.nat(2), code, detail: text }),
  fc.record({
    kind: fc.constant("operator" as const),
    act: fc.oneof(
      fc.constant({ name: "kill" as const }),
      fc.constant({ name: "unkill" as const }),
      fc.constant({ name: "resume" as const }),
      fc.record({ name: fc.constant("acknowledge" as const), code, source: text }),
    ),
    requestId: text,
    ...common,
  }),
  fc.record({
    kind: fc.constant("actuator" as const),
    actuator: fc.nat(1),
    report: fc.constantFrom("accepted" as const, "failed" as const, "completed" as const),
    actionId: text,
    detail: text,
  }),
);

test("whatever the world says, each receipt has a text that its schema takes", () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 12 }), (events) => {
      const story = new Story();
      for (const one of events) story.deliver(one as never);
      for (const effect of story.effects) {
        if (effect.kind !== "receipt") continue;
        canonicalText(effect.receipt);
        expect(effect.substitute).toBeUndefined();
        receiptEnvelope.parse(effect.receipt);
      }
    }),
    { numRuns: 300 },
  );
});

test("a number that is none in a receipt gives a substitute that says so", () => {
  const outbox = createOutbox("cell", "hash");
  outbox.receipt(
    {
      receipt_type: "stoprule",
      rule: "r",
      measured: Number.NaN,
      limit: 1,
      action: "halt",
      action_id: "a",
    },
    true,
  );
  const [effect] = outbox.takeRest();
  expect(effect).toMatchObject({
    kind: "receipt",
    substitute: true,
    receipt: {
      body: { receipt_type: "fault", code: "RECEIPT_UNWRITABLE", detail: "stoprule: NaN is no number" },
    },
  });
});

test("a second press of the same button stops again; nobody without the role uses up an id", () => {
  const story = new Story();
  const press = (roles: readonly (typeof ROLES)[number][], name: "kill" | "unkill" | "resume", id: string) =>
    story
      .deliver({ kind: "operator", act: { name }, by: operatorIdOf("plc"), roles, requestId: id, reason: "" })
      .filter((e) => e.kind === "outcome");
  expect(press([], "resume", "button-1")[0]).toMatchObject({ accepted: false, code: "ROLE_MISSING" });
  expect(press(["kill"], "kill", "button-1")[0]).toMatchObject({ accepted: true });
  expect(press(["kill"], "unkill", "u1")[0]).toMatchObject({ accepted: true });
  expect(press(["kill"], "kill", "button-1")[0]).toMatchObject({ accepted: true });
  expect(story.cell.reflex.isActive("KILLED", "operator")).toBe(true);
  const kills = story.effects.filter(
    (e) =>
      e.kind === "receipt" && e.receipt.body.receipt_type === "fault" && e.receipt.body.code === "KILLED",
  );
  expect(
    kills.filter((e) => e.kind === "receipt" && (e.receipt.body as { active: boolean }).active).length,
  ).toBe(2);
});
