import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createKit, drawScenario, familyNamed, generateBags, verifyFolder } from "../../sim/index.ts";
import { ROBOT_FACTORY } from "../../src/core/physics/cell.ts";
import { openMcap } from "../../src/edge/recordings/index.ts";

/** A real file system of one megabyte; only root may make one. */
const disk = mkdtempSync(join(tmpdir(), "cellgate-small-"));
const mounted =
  spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m,nr_inodes=200", "tmpfs", disk]).status === 0;
afterAll(() => {
  if (mounted) spawnSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
});
const kit = createKit(ROBOT_FACTORY);
const scenarios = Array.from({ length: 4 }, (_, i) => drawScenario(kit, familyNamed("walk-by")!, "near", i));
const generate = () =>
  generateBags({
    cell: ROBOT_FACTORY,
    engine: "embedded",
    scenarios,
    folder: join(disk, "bags"),
    request: "test",
    seed: 1,
    env: {},
    signal: new AbortController().signal,
    progress: () => {},
  });

describe.skipIf(!mounted)(
  `a full disk${mounted ? "" : " (skipped: only root can mount a small one)"}`,
  () => {
    it("leaves whole bags or none, lists what is missing, and goes on when there is room", async () => {
      const made = await generate();
      if (!made.ok) throw new Error(made.error);
      const { bags, failed } = made.value.manifest;
      expect(bags.length + failed.length).toBe(scenarios.length);
      expect(failed.length).toBeGreaterThan(0);
      for (const { error } of failed) expect(error).toMatch(/ENOSPC|no space|not tried/);
      expect(readdirSync(join(disk, "bags")).filter((name) => name.endsWith(".part"))).toEqual([]);
      expect(verifyFolder(join(disk, "bags"), ROBOT_FACTORY).problems).toEqual(
        failed.map(({ scenario }) => expect.stringContaining(scenario)),
      );
      for (const { file } of bags) {
        const bag = openMcap(join(disk, "bags", file));
        expect(bag.ok).toBe(true);
        if (bag.ok) bag.value.close();
      }
      spawnSync("mount", ["-o", "remount,size=20m", disk]);
      const again = await generate();
      expect(again.ok && again.value.manifest.failed).toEqual([]);
      expect(again.ok && again.value.kept).toBe(bags.length);
      expect(verifyFolder(join(disk, "bags"), ROBOT_FACTORY).problems).toEqual([]);
    });
    it("a list that cannot be written ends the run with words, and no half list", async () => {
      rmSync(join(disk, "bags"), { recursive: true });
      spawnSync("mount", ["-o", "remount,size=1m", disk]);
      writeFileSync(join(disk, "filler"), new Uint8Array(1_048_576 - 8_192));
      const made = await generate();
      expect(made.ok ? made.value.manifest.bags : made.error).toEqual(
        made.ok ? [] : expect.stringContaining("make room"),
      );
      expect(readdirSync(join(disk, "bags")).filter((name) => name.endsWith(".mcap"))).toEqual([]);
    });
  },
);
