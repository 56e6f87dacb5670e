import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { ReceiptId } from "../../../src/core/domain/index.ts";
import { readReceipts, verifyLedger } from "../../../src/edge/ledger/index.ts";
import { faultRuns, openingRuns, runInjected, type InjectedRun } from "./fault-injection.ts";
import { cause, copyFolder, makeFolder, open, removeFolders, until } from "./fixture.ts";
import { cutPower, hasStrace, recordWriter } from "./power-cut.ts";

/** E32: no acknowledged row is ever lost. Larger versions: `node test/edge/ledger/durability-large.ts`. */
const STATES = 1_050;
const STEPS_OF_FAULTS = 9;
const noStrace = hasStrace() ? "" : " (skipped: strace is not installed)";
const scratch = existsSync("/dev/shm") ? "/dev/shm" : "/tmp";
const unmount: string[] = [];
afterAll(() => {
  for (const path of unmount) spawnSync("umount", [path]);
  removeFolders();
});

async function expectKept(dir: string, acked: readonly string[]): Promise<void> {
  const { ledger } = await open(dir);
  const { fault } = ledger.recovered;
  await ledger.close();
  expect(fault).toBeNull();
  const stored = new Set([...readReceipts(dir)].map((receipt) => receipt.id));
  expect(acked.filter((id) => !stored.has(id))).toEqual([]);
  expect(await verifyLedger({ dir, full: true })).toMatchObject({ ok: true, findings: [] });
}

describe("E32 power cut", () => {
  it.skipIf(noStrace !== "")(
    `loses nothing in ${STATES} states, and the model can tell${noStrace}`,
    async () => {
      const folder = makeFolder();
      const dir = join(folder, "data");
      const steps = recordWriter(dir, ["0", "130", "1", '{"shardMaxReceipts":100}']);
      const report = await cutPower(steps, dir, join(scratch, `cellgate-cut-${process.pid}`), STATES, 20_260);
      expect(report).toMatchObject({ losing: 0, lost: 0, faulty: 0, failed: 0, acks: 130, examples: [] });
      expect(report.states).toBeGreaterThanOrEqual(1_000);
      // the same record without the syncs of the write-ahead log, as the build's default setting would leave it
      const careless = steps.filter((step) => !(step.kind === "sync" && step.path.endsWith("-wal")));
      const control = await cutPower(careless, dir, join(scratch, `cellgate-cut-${process.pid}`), 60, 20_260);
      expect(control.losing).toBeGreaterThan(5);
    },
    280_000,
  );
});

describe("E32 errors of system calls", () => {
  it.skipIf(noStrace !== "")(
    `EIO, ENOSPC and KILL at writes and syncs lose nothing${noStrace}`,
    async () => {
      const runs: InjectedRun[] = [];
      for (const run of faultRuns(STEPS_OF_FAULTS)) {
        const dir = join(makeFolder(), "data");
        const done = runInjected(dir, run);
        await expectKept(dir, done.acked).catch((error: Error) => {
          throw new Error(`${run.call} ${run.fault} at ${run.when}: ${error.message}`);
        });
        runs.push(done);
      }
      // the injection has to bite, or the test shows nothing
      expect(runs.filter((run) => run.killed).length).toBeGreaterThan(0);
      expect(runs.filter((run) => !run.killed && run.acked.length > 0).length).toBeGreaterThan(0);
    },
    280_000,
  );

  it.skipIf(noStrace !== "")(
    `at the opening they lose neither a latched stop nor a receipt, and leave no doubt behind${noStrace}`,
    async () => {
      const base = makeFolder();
      const first = await open(base);
      await first.fill(0, 20);
      first.ledger.persistLatched([cause("kept")]);
      await first.ledger.close();
      const ids = Array.from({ length: 20 }, (_, n) => `r1.${n}.0`);
      let killed = 0;
      for (const run of openingRuns) {
        const dir = copyFolder(base);
        if (runInjected(dir, run, 0).killed) killed++;
        const { ledger } = await open(dir);
        await ledger.close();
        expect(ledger.recovered, `${run.call} ${run.fault} at ${run.when}`).toMatchObject({
          latched: [cause("kept")],
          fault: null,
        });
        await expectKept(dir, ids);
      }
      expect(killed).toBeGreaterThan(3);
    },
    280_000,
  );
});

describe("E32 kill −9", () => {
  const writer = join(import.meta.dirname, "durable-writer.ts");

  it("in a loop under load loses nothing, and every start is counted", async () => {
    const dir = makeFolder();
    const acked: string[] = [];
    const boots: number[] = [];
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, [writer, dir, "0", "1000000", "20", '{"shardMaxReceipts":500}'], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
      await until(() => text.split("ACK").length > 100 + 150 * round, "receipts", 60_000);
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("close", resolve));
      for (const line of text.split("\n").slice(0, -1)) {
        if (line.startsWith("ACK ")) acked.push(line.slice(4));
        if (line.startsWith("OPEN ")) boots.push((JSON.parse(line.slice(5)) as { boot: number }).boot);
      }
    }
    expect(boots).toEqual([1, 2, 3, 4, 5, 6]);
    expect(acked.length).toBeGreaterThan(2_000);
    await expectKept(dir, acked);
  }, 280_000);

  it("right after a latched stop was said to be kept: it is still latched", async () => {
    const dir = makeFolder();
    const script = `const f = await import(${JSON.stringify(join(import.meta.dirname, "fixture.ts"))});
      const o = await f.open(${JSON.stringify(dir)});
      const taken = ["first", "last"].map((name) => o.ledger.persistLatched([f.cause(name)]));
      taken.push(await o.ledger.whenLatched());
      (await import("node:fs")).writeSync(1, JSON.stringify({ ...o.ledger.recovered, taken }));
      process.kill(process.pid, "SIGKILL");`;
    const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    // what the child says tells a child that never came so far from a latch that was lost
    expect(run).toMatchObject({ signal: "SIGKILL", stderr: "" });
    expect(JSON.parse(run.stdout)).toMatchObject({
      boot: 1,
      latched: [],
      fault: null,
      taken: [true, true, true],
    });
    const { ledger } = await open(dir);
    expect(ledger.recovered).toMatchObject({ boot: 2, latched: [cause("last")], fault: null });
    await ledger.close();
  });
});

describe("E32 disk full", () => {
  const mountPoint = makeFolder();
  const mounted =
    process.getuid?.() === 0 &&
    spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", mountPoint]).status === 0;
  if (mounted) unmount.push(mountPoint);

  it.skipIf(!mounted)(
    `is told, permits nothing, and recovers when space returns${mounted ? "" : " (skipped: needs the right to mount a small file system)"}`,
    async () => {
      const dir = join(mountPoint, "data");
      mkdirSync(dir);
      const { ledger, append, health, stored } = await open(dir, {
        diskLowBytes: 1_000_000,
        diskStopBytes: 100_000,
      });
      append(1);
      expect(await ledger.whenStored("r1.1.0" as ReceiptId)).toBe(true);
      const filler = join(mountPoint, "filler");
      writeFileSync(filler, "");
      for (let size = 65_536; size >= 1; size = Math.floor(size / 4))
        try {
          for (;;) appendFileSync(filler, Buffer.alloc(size));
        } catch {
          // full at this size; the rest is filled with smaller pieces
        }
      await until(
        () => health.some((h) => h.code === "LEDGER_DISK_STOP" && h.active),
        "the full disk to be told",
      );
      let n = 2;
      while (![...stored.values()].includes(false) && n < 2_000) {
        append(n);
        await ledger.whenStored(`r1.${n}.0` as ReceiptId);
        n++;
      }
      expect(health.some((h) => h.code === "LEDGER_WRITE_FAILED" && h.active)).toBe(true);
      expect(ledger.persistLatched([cause("on a full disk")])).toBe(true);
      expect(ledger.stats().pending).toBeGreaterThan(0);
      rmSync(filler);
      await until(
        () => health.at(-1)?.active === false && ledger.stats().pending === 0,
        "writing to work again",
        20_000,
      );
      append(n);
      expect(await ledger.whenStored(`r1.${n}.0` as ReceiptId)).toBe(true);
      await ledger.close();
      // what was reported as not stored was kept and written once there was room
      await expectKept(
        dir,
        Array.from({ length: n }, (_, i) => `r1.${i + 1}.0`),
      );
      const again = await open(dir);
      expect(again.ledger.recovered.latched).toEqual([cause("on a full disk")]);
      await again.ledger.close();
    },
    120_000,
  );
});
