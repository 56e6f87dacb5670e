import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { requireDeployment } from "../../../src/cli/config.ts";
import type { ReceiptBody } from "../../../src/core/domain/index.ts";
import { createArtefactDesk } from "../../../src/fleet/cell-end/artefact-desk.ts";
import { type FrozenRollout, readPlanFile } from "../../../src/fleet/index.ts";
import { ArtefactStore, BUILT_IN } from "../../../src/node/in-use/index.ts";
import type { FleetOrder } from "../../../src/core/rollout/index.ts";
import { DEMO_TEXT } from "../../node/in-process.ts";

/** What a cell does with an order, down to its disk, without a network. */
const folder = mkdtempSync(join(tmpdir(), "cellgate-desk-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const KEY = "ab".repeat(32);
const fleetLines = [
  `fleet: { url: "mqtt://127.0.0.1:1", base: plant, name: line, centreKey: ${KEY}, accepts: [head, rules],`,
  "  mayChange: { rules.force.wrist.maxForceN: { min: 20, max: 95 } } }",
];
copyFileSync(
  join(import.meta.dirname, "../../../launch/robot-factory.head.json"),
  at("robot-factory.head.json"),
);
writeFileSync(at("cell.yaml"), [DEMO_TEXT, ...fleetLines, ""].join("\n"));
const own = requireDeployment(at("cell.yaml"));

function planOf(automation: string, change: string): FrozenRollout {
  const lines = [
    "rollout: r",
    `automation: ${automation}`,
    `fleet: { url: "mqtt://127.0.0.1:1", base: plant, name: line, keyFile: k, cells: { a: ${KEY}, k: ${"cd".repeat(32)} } }`,
    `change: { ${change} }`,
    "baselineCells: [k]",
  ];
  writeFileSync(at("plan.yaml"), lines.join("\n"));
  const read = readPlanFile(at("plan.yaml"));
  if (!read.ok) throw new Error(read.error.what);
  return read.value;
}
let seq = 0;
function orderOf({ plan, slot }: FrozenRollout, what: "apply" | "rollback" = "apply"): FleetOrder {
  return {
    format: "cellgate-order-1",
    fleet: "line",
    plan: plan.id,
    seq: ++seq,
    issuedUs: 0,
    expiresUs: 1,
    targets: ["a"],
    do: what,
    slot,
    artefact: what === "apply" ? plan.artefact : plan.previous,
    from: what === "apply" ? plan.previous : plan.artefact,
    generation: 1,
  };
}
function deskOf(data: string) {
  const receipts: ReceiptBody[] = [];
  const openStore = () => new ArtefactStore(at(data));
  const { fleet } = own.deployment;
  const desk = createArtefactDesk({
    openStore,
    own,
    fleet: fleet!,
    now: () => Date.now() * 1_000,
    receipt: (body) => void receipts.push(body),
    stored: async () => {},
  });
  return { desk, receipts, openStore };
}
const rules = (newtons: string): FrozenRollout => {
  writeFileSync(at("rules.yaml"), DEMO_TEXT.replace("maxForceN: 90", `maxForceN: ${newtons}`));
  return planOf("change-limit", "rules: rules.yaml");
};

describe("an order at the cell", () => {
  test("a head is kept, verified, taken, and goes back; what went back is not taken again", async () => {
    const { desk, receipts, openStore } = deskOf("one");
    const plan = planOf("promote-head", "head: robot-factory.head.json");
    expect(await desk.apply(orderOf(plan), async () => plan.bundle)).toBeNull();
    expect(openStore().active("head")).toBe(plan.plan.artefact);
    // an order that came twice leaves the way back as it was
    expect(await desk.apply(orderOf(plan), async () => plan.bundle)).toBeNull();
    expect(openStore().lastGood("head")).toBe(BUILT_IN);
    expect(desk.rollback(orderOf(plan, "rollback"))).toMatchObject({ ok: true, value: true });
    expect(desk.rollback(orderOf(plan, "rollback"))).toMatchObject({ ok: true, value: false });
    expect(openStore().active("head")).toBe(BUILT_IN);
    expect(receipts.map((r) => r.receipt_type)).toEqual(["config_change", "rollback"]);
    const again = await desk.apply(orderOf(plan), async () => plan.bundle);
    expect(again).toMatchObject({ code: "ORDER_APPLY_FAILED", detail: expect.stringContaining("refused") });
    // another rollout is a person's new decision; what the cell's own watch went back from is not for a fleet to decide
    const anew = { ...orderOf(plan), plan: "another" };
    expect(await desk.apply(anew, async () => plan.bundle)).toBeNull();
    expect(openStore().active("head")).toBe(plan.plan.artefact);
    openStore().rollback("head", { code: "ROLLBACK_ENERGY_DRIFT", detail: "V_s", by: "watch", at: 1 });
    const third = { ...orderOf(plan), plan: "third" };
    expect(await desk.apply(third, async () => plan.bundle)).toMatchObject({ code: "ORDER_APPLY_FAILED" });
  });
  test("nothing came, the wrong kind came, other bytes came, it does not load: the cell keeps what it has", async () => {
    const { desk, receipts, openStore } = deskOf("two");
    const plan = planOf("promote-head", "head: robot-factory.head.json");
    const bundle = plan.bundle!;
    const swapped = { ...bundle, parts: { "head.json": Buffer.from("{}").toString("base64") } };
    const ask = (came: typeof plan.bundle) => desk.apply(orderOf(plan), async () => came);
    expect(await ask(null)).toMatchObject({ detail: "the artefact did not come" });
    expect(await ask({ ...bundle, kind: "rules" })).toMatchObject({ code: "ORDER_APPLY_FAILED" });
    expect(await ask(swapped)).toMatchObject({ code: "PROMOTION_TAMPERED" });
    writeFileSync(at("bad.json"), readFileSync(at("robot-factory.head.json"), "utf8").slice(0, 500));
    const bad = planOf("promote-head", "head: bad.json");
    expect(await desk.apply(orderOf(bad), async () => bad.bundle)).toMatchObject({
      code: "ORDER_APPLY_FAILED",
    });
    expect(openStore().active("head")).toBe(BUILT_IN);
    expect(receipts).toEqual([]);
  });
  test("rules: within the cell's own bounds only, beside a head that was promoted before", async () => {
    const { desk, openStore } = deskOf("three");
    const head = planOf("promote-head", "head: robot-factory.head.json");
    expect(await desk.apply(orderOf(head), async () => head.bundle)).toBeNull();
    const lower = rules("80");
    expect(await desk.apply(orderOf(lower), async () => lower.bundle)).toBeNull();
    expect(openStore().active("rules")).toBe(lower.plan.artefact);
    const higher = rules("96");
    expect(await desk.apply(orderOf(higher), async () => higher.bundle)).toMatchObject({
      code: "ORDER_NOT_ALLOWED",
      detail: expect.stringContaining("[20, 95], got 96"),
    });
    writeFileSync(at("rules.yaml"), DEMO_TEXT.replace("slowForceN: 60", "slowForceN: 61"));
    const other = planOf("change-limit", "rules: rules.yaml");
    expect(await desk.apply(orderOf(other), async () => other.bundle)).toMatchObject({
      code: "ORDER_NOT_ALLOWED",
      detail: expect.stringContaining("slowForceN may not be changed"),
    });
    expect(openStore().active("rules")).toBe(lower.plan.artefact);
  });
});
