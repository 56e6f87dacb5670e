import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLedger, readReceipts, verifyLedger } from "../../../src/edge/ledger/index.ts";
import { faultRuns, runInjected } from "./fault-injection.ts";
import { ledgerSettings } from "./fixture.ts";
import { cutPower, recordWriter } from "./power-cut.ts";

/** The durability tests at full length: `node test/edge/ledger/durability-large.ts [states] [runs]`. Needs strace. */
const [states = "10000", runs = "Infinity"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "cellgate-durability-"));
let bad = 0;

for (const [seed, group] of [
  [1, "1"],
  [2, "7"],
] as const) {
  const dir = join(folder, `cut-${seed}`, "data");
  const { mkdirSync } = await import("node:fs");
  mkdirSync(join(folder, `cut-${seed}`));
  const steps = recordWriter(dir, ["0", "420", group, '{"shardMaxReceipts":100}']);
  const report = await cutPower(steps, dir, join(folder, "state"), Number(states) / 2, seed);
  console.log(`power cut, groups of ${group}:`, report);
  bad += report.losing + report.faulty + report.failed;
}

let done = 0;
const all = faultRuns(Number(runs));
for (const run of all) {
  const dir = join(folder, `run-${done++}`);
  const { acked } = runInjected(dir, run);
  const ledger = await openLedger({
    dir,
    cell: "demo",
    configHash: "",
    settings: ledgerSettings(),
    onStored: () => undefined,
    onHealth: () => undefined,
  });
  await ledger.close();
  const stored = new Set([...readReceipts(dir)].map((receipt) => receipt.id));
  const { ok } = await verifyLedger({ dir, full: true });
  const lost = acked.filter((id) => !stored.has(id)).length;
  if (lost > 0 || !ok || ledger.recovered.fault !== null) {
    bad++;
    console.log(
      `${run.call} ${run.fault} at ${run.when}: lost ${lost}, verified ${ok}, fault ${ledger.recovered.fault}`,
    );
  }
  rmSync(dir, { recursive: true, force: true });
  if (done % 20 === 0) console.log(`${done}/${all.length} injected runs`);
}
rmSync(folder, { recursive: true, force: true });
console.log(bad === 0 ? "nothing lost" : `${bad} failures`);
process.exitCode = bad === 0 ? 0 : 1;
