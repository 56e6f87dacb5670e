import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Receipt } from "../../../src/core/domain/index.ts";
import { receiptsApart } from "../../../src/edge/ledger/index.ts";
import { sealHead } from "../../../src/core/risk/index.ts";
import { ArtefactStore, BUILT_IN } from "../../../src/node/in-use/index.ts";
import { type CandidateKind, PART_OF } from "../../../src/core/promotion/index.ts";
import { NodeProcess, ROOT } from "../processes.ts";
import { install, keep, tell } from "../../lab/promotion/install.ts";

const dirs: string[] = [];
afterAll(() => dirs.forEach((dir) => rmSync(dir, { recursive: true, force: true })));
const folder = () => {
  dirs.push(mkdtempSync(join(tmpdir(), "cellgate-node-promotion-")));
  return dirs.at(-1)!;
};
interface HeadJson {
  hash?: string;
  alarm: { threshold: number };
}
const shipped = JSON.parse(readFileSync(resolve(ROOT, "launch/robot-factory.head.json"), "utf8")) as HeadJson;
/** The shipped head with another alarm threshold. */
function headWith(factor: number): string {
  const { hash: _, ...body } = structuredClone(shipped);
  body.alarm.threshold *= factor;
  return JSON.stringify(sealHead(body as never));
}
const corrupt = (dir: string, hash: string, kind: CandidateKind = "head"): void =>
  writeFileSync(join(dir, "promotion/artefacts", hash.split(":")[0]!, PART_OF[kind]), "{}");
const run = (dir: string, seconds: number, ...more: string[]) =>
  new NodeProcess(
    ..."start --scenario walk-in --json --seed 7 --speed max --for".split(" "),
    `${seconds}s`,
    "--data",
    dir,
    ...more,
  );
async function finished(node: NodeProcess) {
  expect(await node.ended, node.stderr).toBe(0);
  const end = node.lines.at(-1) as unknown as { config_hash: string; digest: string };
  const causes = node.lines.flatMap((l) =>
    l.receipt?.body.receipt_type === "fault" ? [String(l.receipt.body["code"])] : [],
  );
  return { ...end, causes };
}

describe("F35 a promoted artefact in a real node process", () => {
  test("is loaded at start, rolls back by itself when damaged, and blocks when nothing good is left", async () => {
    const dir = folder();
    const plain = await finished(run(dir, 2));
    const a = await install(dir, "calibration", headWith(0.99));
    const first = await finished(run(dir, 2));
    expect(first.config_hash).not.toBe(plain.config_hash);
    const b = await install(dir, "calibration", headWith(0.98));
    corrupt(dir, b);
    const second = await finished(run(dir, 2));
    expect(second.config_hash).toBe(first.config_hash);
    expect(second.causes).toContain("ROLLBACK_HASH_MISMATCH");
    const store = new ArtefactStore(dir);
    expect(store.active("head")).toBe(a);
    expect(store.refusedBefore(b)).toMatch(/HASH_MISMATCH/);
    const c = await install(dir, "calibration", headWith(0.97));
    corrupt(dir, a);
    corrupt(dir, c);
    const node = run(dir, 2);
    const last = await finished(node);
    expect(last.causes).toContain("ARTEFACT_NONE_GOOD");
    expect(node.lines.some((l) => l.receipt?.body["to"] === "RUNNING")).toBe(false);
  }, 240_000);

  test("what nobody decided about is not loaded: a line written into the folder, a folder without its ledger", async () => {
    const dir = folder();
    const own = (await finished(run(dir, 1))).config_hash;
    const good = await install(dir, "calibration", headWith(0.99));
    const first = await finished(run(dir, 1));
    const sneaked = keep(dir, "calibration", headWith(0.5));
    const file = join(dir, "promotion/state.json");
    const swapInFile = (active: string, lastGood = good): void => {
      const state = JSON.parse(readFileSync(file, "utf8")) as { slots: { head: object } };
      const slots = { head: { ...state.slots.head, active, lastGood } };
      writeFileSync(file, JSON.stringify({ ...state, slots, refused: {} }));
    };
    swapInFile(sneaked);
    const second = run(dir, 1);
    const found = await finished(second);
    expect(second.stderr).toContain(`nobody decided it (ROLLBACK_UNDECIDED): ${sneaked.slice(0, 16)} → `);
    expect(found.causes).toContain("ROLLBACK_UNDECIDED");
    expect(found.config_hash).toBe(first.config_hash);
    const [told] = receiptsApart(dir, ["rollback"]);
    expect((JSON.parse(told!.text!) as Receipt).body).toMatchObject({
      from: sneaked,
      to: good,
      code: "ROLLBACK_UNDECIDED",
    });

    // one that was refused, by a folder that was made to forget it
    const decided = {
      step: "decide",
      code: "PROMOTION_DELTA_WORSE",
      terms: { kind: "head", detail: "worse" },
    };
    const refusal = { receipt_type: "promotion", candidate: sneaked, baseline: good, ...decided } as const;
    await tell(dir, [{ ...refusal, outcome: "refused" }]);
    swapInFile(sneaked);
    expect((await finished(run(dir, 1))).causes).toContain("ROLLBACK_UNDECIDED");
    expect(new ArtefactStore(dir).active("head")).toBe(good);

    // the way back of a good one leads there
    swapInFile(good, sneaked);
    const third = await finished(run(dir, 1));
    expect(third.causes).toContain("ROLLBACK_UNDECIDED");
    expect(third.config_hash).toBe(first.config_hash);
    expect(new ArtefactStore(dir).lastGood("head")).toBe(BUILT_IN);

    rmSync(join(dir, "ledger"), { recursive: true });
    const last = await finished(run(dir, 1));
    expect(last.causes).toContain("ROLLBACK_UNDECIDED");
    expect(last.config_hash).toBe(own);
  }, 240_000);

  test("a head that alarms without need goes back while it runs; the same run again tells the same", async () => {
    const runs = [];
    for (const dir of [folder(), folder()]) {
      const hash = await install(dir, "calibration", headWith(1e-6));
      const node = run(dir, 30);
      const end = await finished(node);
      const store = new ArtefactStore(dir);
      expect(store.active("head")).toBe(BUILT_IN);
      expect(store.history.at(-1)).toMatchObject({ what: "rolled-back", before: hash });
      expect(store.refusedBefore(hash)).toMatch(/^ROLLBACK_/);
      expect(end.causes.some((code) => code.startsWith("ROLLBACK_"))).toBe(true);
      runs.push(end.digest);
    }
    expect(runs[0]).toBe(runs[1]);
  }, 240_000);

  test("promoted rules are in force", async () => {
    const dir = folder();
    const yaml = readFileSync(resolve(ROOT, "launch/demo-cell.yaml"), "utf8");
    await install(dir, "rules", yaml.replace("withinM: 0.9 ", "withinM: 1.6 "));
    const node = run(dir, 12);
    await finished(node);
    const stop = node.lines.find((l) => l.receipt?.body["to"] === "STOPPED");
    // a person walks in: a wider zone sees them earlier than at 7.3 s
    expect(stop?.t_us).toBeLessThan(7_100_000);
  }, 120_000);

  test("rules that stop where those before would go on are taken back while it runs; the node begins anew", async () => {
    const dir = folder();
    const yaml = readFileSync(resolve(ROOT, "launch/demo-cell.yaml"), "utf8");
    const hash = await install(
      dir,
      "rules",
      yaml.replace("maxForceN: 90", "maxForceN: 25").replace("slowForceN: 60", "slowForceN: 11"),
    );
    const node = run(dir, 70);
    const end = await finished(node);
    const store = new ArtefactStore(dir);
    expect(store.active("rules")).toBe(BUILT_IN);
    expect(store.history.at(-1)).toMatchObject({ what: "rolled-back", before: hash });
    expect(store.refusedBefore(hash)).toMatch(/^ROLLBACK_FALSE_STOPS/);
    expect(end.causes).toContain("ROLLBACK_FALSE_STOPS");
    expect(node.stderr).toContain("starts anew: rules went back");
    // the second life has the deployment's own rules
    expect(end.config_hash).toBe((await finished(run(folder(), 1))).config_hash);
  }, 240_000);
});
