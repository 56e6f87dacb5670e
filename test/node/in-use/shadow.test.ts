import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CellEvent, Effect, Micros } from "../../../src/core/domain/index.ts";
import { SIMULATED_EPOCH } from "../../../src/node/index.ts";
import {
  ArtefactStore,
  createShadowFeed,
  readShadowReports,
  reportOfShadow,
} from "../../../src/node/in-use/index.ts";
import { freeze } from "../../../src/core/promotion/index.ts";
import { renderReport } from "../../../src/edge/report/index.ts";
import { demo, runInProcess } from "../in-process.ts";
import { NodeProcess, ROOT } from "../processes.ts";

const dirs: string[] = [];
afterAll(() => dirs.forEach((dir) => rmSync(dir, { recursive: true, force: true })));
const folder = () => {
  dirs.push(mkdtempSync(join(tmpdir(), "cellgate-shadow-")));
  return dirs.at(-1)!;
};
const { deployment } = demo();
const rules = (withinM: number) => ({
  ...deployment.rules,
  zones: { ...deployment.rules.zones, danger: { ...deployment.rules.zones["danger"]!, withinM } },
});
function keep(dir: string, withinM: number): string {
  const parts = { "rules.json": Buffer.from(JSON.stringify({ rules: rules(withinM) })) };
  const frozen = freeze("rules", parts);
  if (!frozen.ok) throw new Error(frozen.error.detail);
  const kept = new ArtefactStore(dir).keep(frozen.value, parts);
  if (!kept.ok) throw new Error(kept.error.detail);
  return kept.value;
}

/** What the live cell heard and decided in ten seconds of the demonstration. */
const heard: CellEvent[] = [];
const decided = new Map<number, Effect[]>();
beforeAll(async () => {
  const run = await runInProcess({
    seed: 7,
    seconds: 10,
    keepEffects: true,
    record: (event) => void heard.push(structuredClone(event)),
  });
  for (const effect of run.effects)
    if (effect.kind === "receipt" && effect.receipt.body.receipt_type === "state_change") {
      const t = effect.receipt.at - SIMULATED_EPOCH;
      decided.set(t, [...(decided.get(t) ?? []), effect]);
    }
});
const samples = () => heard.filter((e) => e.kind === "sample").length;

function feedOf(dir: string, candidate: string, threaded: boolean) {
  const setting = {
    dataDir: dir,
    candidate,
    live: "built-in",
    deployment: JSON.stringify({ ...deployment, risk: {} }),
    files: {},
    file: "demo.yaml",
    seed: 1,
    epoch: SIMULATED_EPOCH,
    fromUs: 0,
    hours: null,
    decisions: null,
  };
  const view = { energy: () => null, state: () => ({ state: "STARTING", code: "CELL_STARTING" }) };
  return createShadowFeed(setting, view, threaded);
}
const until = async (fits: () => boolean): Promise<void> => {
  while (!fits()) await pause(2);
};
async function tellAll(feed: ReturnType<typeof feedOf>, patient: boolean): Promise<void> {
  let told = 0;
  for (const event of heard) {
    feed.record(event);
    for (const effect of decided.get(event.t) ?? []) feed.observe(effect, event.t as Micros);
    if (patient && ++told % 200 === 0) await until(() => feed.status.waiting < 8);
  }
  await feed.close();
}

describe("F34 a shadow hears everything and moves nothing", () => {
  test("nothing that its thread loads knows an actuator, a device or a wire", () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      const text = readFileSync(file, "utf8").replaceAll(/^(import|export) type [^;]*;/gms, "");
      for (const [, from] of text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
        if (from!.startsWith(".")) visit(resolve(dirname(file), from!));
        else packages.add(from!);
      }
    };
    visit(resolve(ROOT, "src/node/in-use/shadow/shadow-worker.ts"));
    const rooms = [...seen].map((file) => relative(ROOT, file));
    expect(rooms.length).toBeGreaterThan(50);
    expect(
      rooms.filter((f) => /^(devices|src\/edge\/(actuators|transports)|src\/node\/(compose|run))/.test(f)),
    ).toEqual([]);
    for (const wire of ["mqtt", "serialport", "rclnodejs", "ws"])
      expect(packages.has(wire), wire).toBe(false);
  });

  test.each([
    ["on the same thread", false],
    ["on its own thread", true],
  ])(
    "a looser zone is found, worst first; the same rules agree: %s",
    async (_, threaded) => {
      const dir = folder();
      for (const withinM of [0.4, 0.9]) {
        const feed = feedOf(dir, keep(dir, withinM), threaded);
        await tellAll(feed, true);
        const [report] = readShadowReports(dir, keep(dir, withinM));
        expect(report).toMatchObject({ kind: "rules", dropped: 0, ended: "stopped", samples: samples() });
        expect(report!.time_ms.both_move).toBeGreaterThan(3_000);
        if (withinM === 0.9) expect(report!.disagreements).toEqual([]);
        else {
          expect(report!.disagreements[0]).toMatchObject({ kind: "missed-stop", live: "STOPPED" });
          expect(report!.time_ms.only_shadow_moves).toBeGreaterThan(1_000);
          expect(renderReport(reportOfShadow(report!))).toContain(
            "would have gone on where the cell stopped",
          );
        }
      }
    },
    120_000,
  );

  test("a shadow that is too slow is not waited for: what it never heard is counted", async () => {
    const dir = folder();
    const candidate = keep(dir, 0.9);
    const feed = feedOf(dir, candidate, true);
    // no turn of the loop in between: not one buffer can come back
    for (let round = 0; round < 4; round++) for (const event of heard) feed.record(event);
    const { dropped, waiting } = feed.status;
    expect(dropped).toBeGreaterThan(samples());
    expect(waiting).toBeLessThanOrEqual(32);
    await feed.close();
  }, 60_000);

  test("a candidate that does not load breaks the shadow, not the cell", async () => {
    const feed = feedOf(folder(), "no such artefact", true);
    for (const event of heard.slice(0, 1_000)) feed.record(event);
    await until(() => feed.status.state === "broken");
    expect(feed.status.trouble).toContain("PROMOTION_TAMPERED");
    await feed.close();
  }, 60_000);
});

test("shadow start, report and stop against a running node", async () => {
  const dir = folder();
  const node = new NodeProcess(..."start --json --seed 7 --port 0 --for 600s --data".split(" "), dir);
  await node.changedTo("RUNNING");
  const candidate = resolve(dir, "looser.json");
  writeFileSync(candidate, JSON.stringify({ rules: rules(0.4) }));
  const cli = async (...args: string[]) => {
    const command = new NodeProcess(...args, "--data", dir);
    return { code: await command.ended, lines: command.lines as unknown as { accepted?: boolean }[] };
  };
  const start = ["shadow", "start", candidate, "--deployment", "launch/demo-cell.yaml", "--json"];
  expect(await cli(...start)).toMatchObject({ code: 0, lines: [{ accepted: true }] });
  // one candidate at a time
  expect((await cli(...start)).code).toBe(1);
  expect((await cli("shadow", "stop", "--json")).code).toBe(0);
  expect((await cli(...start, "--decisions", "1")).code).toBe(0);
  await until(() => readShadowReports(dir).some((report) => report.ended === "decisions"));
  expect(readShadowReports(dir)[0]).toMatchObject({ kind: "rules", ended: "decisions", dropped: 0 });
  expect([0, 1]).toContain((await cli("shadow", "report", "--json")).code);
  await node.kill("SIGTERM");
}, 300_000);
