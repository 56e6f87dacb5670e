import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { sealHead } from "../../src/risk/index.ts";
import { ArtefactStore, BUILT_IN } from "../../src/promote/index.ts";
import { type CandidateKind, freeze } from "../../src/promotion/index.ts";
import { NodeProcess, ROOT } from "../node/processes.ts";

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
function install(dir: string, kind: CandidateKind, text: string): string {
  const store = new ArtefactStore(dir);
  const parts = { "candidate.json": Buffer.from(text) };
  const frozen = freeze(kind, parts);
  if (!frozen.ok) throw new Error(frozen.error.detail);
  const kept = store.keep(frozen.value, parts);
  if (!kept.ok) throw new Error(kept.error.detail);
  store.promote(kept.value, { code: "PROMOTION_PROMOTED", detail: "test", by: "lead", at: 1 });
  return kept.value;
}
const corrupt = (dir: string, hash: string): void =>
  writeFileSync(join(dir, "promotion/artefacts", hash.split(":")[0]!, "candidate.json"), "{}");
const run = (dir: string, seconds: number, ...more: string[]) =>
  new NodeProcess(
    ..."start --json --seed 7 --speed max --for".split(" "),
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
    const a = install(dir, "calibration", headWith(0.99));
    const first = await finished(run(dir, 2));
    expect(first.config_hash).not.toBe(plain.config_hash);
    const b = install(dir, "calibration", headWith(0.98));
    corrupt(dir, b);
    const second = await finished(run(dir, 2));
    expect(second.config_hash).toBe(first.config_hash);
    expect(second.causes).toContain("ROLLBACK_HASH_MISMATCH");
    const store = new ArtefactStore(dir);
    expect(store.active("head")).toBe(a);
    expect(store.refusedBefore(b)).toMatch(/HASH_MISMATCH/);
    const c = install(dir, "calibration", headWith(0.97));
    corrupt(dir, a);
    corrupt(dir, c);
    const node = run(dir, 2);
    const last = await finished(node);
    expect(last.causes).toContain("ARTEFACT_NONE_GOOD");
    expect(node.lines.some((l) => l.receipt?.body["to"] === "RUNNING")).toBe(false);
  }, 240_000);

  test("a head that alarms without need goes back while it runs; the same run again tells the same", async () => {
    const runs = [];
    for (const dir of [folder(), folder()]) {
      const hash = install(dir, "calibration", headWith(1e-6));
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
    install(dir, "rules", yaml.replace("withinM: 0.9 ", "withinM: 1.6 "));
    const node = run(dir, 12);
    await finished(node);
    const stop = node.lines.find((l) => l.receipt?.body["to"] === "STOPPED");
    // a person walks in: a wider zone sees them earlier than at 7.3 s
    expect(stop?.t_us).toBeLessThan(7_100_000);
  }, 120_000);

  test("rules that stop where those before would go on are taken back while it runs; the node begins anew", async () => {
    const dir = folder();
    const yaml = readFileSync(resolve(ROOT, "launch/demo-cell.yaml"), "utf8");
    const hash = install(
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
