import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { storedPrice } from "../../../src/edge/http/price.ts";
import { runNode } from "../../../src/index.ts";
import { runCommand } from "../../cli/run-command.ts";
import { demoCell } from "../../node/demo-cell.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-live-price-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the price of a live cell's stops", () => {
  test("H44 stops come from its ledger, hindsight from its black boxes, and the page can ask for the figures", async () => {
    const deployment = join(folder, "cell.yaml");
    writeFileSync(deployment, demoCell({ "risk.head": undefined, "transports.sim.scenario": "walk-in" }));
    const dataDir = join(folder, "data");
    await runNode({ deployment, dataDir, seed: 1, lengthMs: 14_000, speed: "max" });
    expect(storedPrice(dataDir)).toMatchObject({ price: null });
    const said = await runCommand(["price", "--data", dataDir, "--jobs", "1", "--json"]);
    expect(said.code).toBe(0);
    const figures = JSON.parse(said.out) as {
      boxes: number;
      price: { code: string; source: string; stops: number; lost_us: number; unknown: number }[];
      stops: { hindsight: string; why: string }[];
    };
    const zone = figures.price.find((p) => p.code === "ZONE_STOP")!;
    expect(zone).toMatchObject({ source: "danger", unknown: 0 });
    expect(zone.lost_us).toBeGreaterThan(1e6);
    expect(figures.boxes).toBeGreaterThan(0);
    expect(storedPrice(dataDir)).toEqual({ price: figures, why: "" });
    // without its black box a stop is counted all the same, and nothing is claimed of it
    rmSync(join(dataDir, "black-box"), { recursive: true });
    const bare = JSON.parse((await runCommand(["price", "--data", dataDir, "--json"])).out) as typeof figures;
    expect(bare.price.find((p) => p.code === "ZONE_STOP")).toMatchObject({
      stops: zone.stops,
      unknown: zone.stops,
    });
  });

  test("what lies in the place of the figures and is none is not served", () => {
    const dataDir = join(folder, "bad");
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, "other.json"), "{}");
    symlinkSync(join(dataDir, "other.json"), join(dataDir, "price.json"));
    expect(storedPrice(dataDir).price).toBeNull();
    rmSync(join(dataDir, "price.json"));
    writeFileSync(join(dataDir, "price.json"), "no json");
    expect(storedPrice(dataDir)).toMatchObject({ price: null, why: "price.json cannot be read" });
  });
});
