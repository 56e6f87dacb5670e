import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ArtefactStore } from "../../src/promote/index.ts";

const root = mkdtempSync(join(tmpdir(), "cellgate-swap-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const program = resolve(import.meta.dirname, "swap-process.ts");
const swap = (dir: string, text: string, at = -1) =>
  spawnSync(process.execPath, [program, dir, text, String(at)], { encoding: "utf8" });

test("F35 a real process killed before every step of a swap leaves the old or the new head, verified", () => {
  const start = join(root, "start");
  const old = JSON.parse(swap(start, "old head").stdout) as { hash: string };
  const whole = join(root, "whole");
  cpSync(start, whole, { recursive: true });
  const { hash, steps } = JSON.parse(swap(whole, "new head").stdout) as { hash: string; steps: number };
  expect(steps).toBeGreaterThan(8);
  const seen = new Set<string>();
  for (let at = 0; at < steps; at++) {
    const dir = join(root, `cut-${at}`);
    cpSync(start, dir, { recursive: true });
    expect(swap(dir, "new head", at).signal, `step ${at}`).toBe("SIGKILL");
    const { artefact, trouble } = new ArtefactStore(dir).boot("head", 2);
    expect([old.hash, hash], `step ${at}`).toContain(artefact?.hash);
    expect(trouble).toBeNull();
    seen.add(artefact!.hash);
    // and the same swap goes through afterwards
    if (at % 5 === 0) expect(JSON.parse(swap(dir, "new head").stdout)).toMatchObject({ hash });
  }
  expect(seen).toEqual(new Set([old.hash, hash]));
}, 300_000);
