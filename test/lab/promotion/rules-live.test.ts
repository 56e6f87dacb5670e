import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { EXIT } from "../../../src/cli/command.ts";
import { ROLES } from "../../../src/core/domain/index.ts";
import { ArtefactStore, BUILT_IN } from "../../../src/node/in-use/index.ts";
import { runCommand } from "../../cli/run-command.ts";
import { demoCell } from "../../node/demo-cell.ts";
import { type Line, NodeProcess } from "../../node/processes.ts";
import { changed, RULES, workplace } from "./crafted-cell.ts";

const root = mkdtempSync(join(tmpdir(), "cellgate-rules-live-"));
let node: NodeProcess | null = null;
afterAll(async () => {
  await node?.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});
/** A cell whose load is heavier than most of the battery's: its job comes to 38.9 N, theirs seldom to 38.6. */
const SEED = "10";
const shop = workplace(
  join(root, "shop"),
  demoCell({
    "transports.sim.scenario": "walk-by/miss",
    // whoever stands there afterwards does not slow it down
    "rules.zones.approach.withinM": 1.5,
    operators: [{ name: "anna", roles: ROLES }],
  }),
);
const cli = (...argv: string[]) => runCommand([...argv, "--data", shop.data], { cwd: shop.folder });
const TENDER = changed(
  changed(RULES, "withinM: 1.9", "withinM: 1.5"),
  "maxForceN: 90, slowForceN: 60",
  "maxForceN: 38.6, slowForceN: 38.55",
);
const isCause = (code: string) => (l: Line) =>
  l.receipt?.body["receipt_type"] === "fault" && l.receipt.body["code"] === code;

test("F35 rules from the file to promotion, watch, way back and refusal, by the commands that people type", async () => {
  const promoted = await shop.promote(TENDER, 120, "--threads", "2");
  expect(promoted.troubles).toEqual([]);
  expect(promoted.decision.outcome).toBe("promoted");
  const hash = new ArtefactStore(shop.data).active("rules");
  expect(hash).toBe(promoted.hash);

  node = new NodeProcess(
    ..."run --port 0 --for 30m --json --seed".split(" "),
    SEED,
    shop.cell,
    "--data",
    shop.data,
  );
  await node.changedTo("RUNNING");
  const isBack = () => node!.stderr.includes("starts anew: rules went back");
  for (let i = 0; i < 600 && !isBack(); i++) {
    await pause(250);
    const { state } = JSON.parse((await cli("status", "--json")).out || "{}") as { state?: string };
    if (state === undefined || state === "RUNNING" || state === "SLOW") continue;
    await cli("reset", "--as", "anna");
    await cli("resume", "--as", "anna");
  }
  expect(isBack(), node.stderr).toBe(true);
  await node.line(isCause("ROLLBACK_FALSE_STOPS"));
  // it stopped for the force that the rules before let pass
  expect(node.lines.some(isCause("FORCE_LIMIT"))).toBe(true);
  // the second life, with the deployment's own rules, does its job past that force
  const at = node.lines.findIndex(isCause("ROLLBACK_FALSE_STOPS"));
  await node.line((l) => l.receipt?.body["to"] === "RUNNING" && node!.lines.indexOf(l) > at);
  await pause(6_000);
  const status = JSON.parse((await cli("status", "--json")).out) as { state: string };
  // somebody who walks by at that moment may slow it down; nothing stops it
  expect(["RUNNING", "SLOW"]).toContain(status.state);
  expect(node.lines.slice(at).some(isCause("FORCE_LIMIT"))).toBe(false);
  await node.kill("SIGINT");

  const store = new ArtefactStore(shop.data);
  expect(store.active("rules")).toBe(BUILT_IN);
  expect((await cli("promote", "history")).out).toMatch(/rolled-back +rules.*ROLLBACK_FALSE_STOPS/);
  expect((await cli("ledger", "show", "--type", "rollback")).out).toContain("ROLLBACK_FALSE_STOPS");
  // and it is not taken again unasked, under whatever name, nor when the folder has forgotten it
  const again = await shop.promote(TENDER, 1);
  expect(again).toMatchObject({ exit: EXIT.found, decision: { code: "PROMOTION_REFUSED_BEFORE" } });
}, 300_000);
