import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { canonicalText } from "../../src/core/base/canonical.ts";
import { createLedgerCrypto } from "../../src/edge/ledger/crypto.ts";
import { type Ledger, verifyLedger } from "../../src/edge/ledger/index.ts";
import { recover } from "../../src/edge/ledger/recover.ts";
import type { Incoming, Store } from "../../src/edge/ledger/store.ts";
import { open, receiptOf } from "../edge/ledger/fixture.ts";
import type { Bench, Figure } from "./bench.ts";
import { StoppingCell } from "./stopping-cell.ts";
import { checkKinds, receiptAtWork, workingReceipt } from "./working-receipts.ts";

/** Ours and the baseline take turns, so that what else the machine does hits both. */
const ROUNDS = 5;
const SINGLE_ROWS = 300;
const GROUP = 100;
const GROUPED_ROWS = 10_000;
const VERIFY_ROWS = 200_000;
const HANDED_OVER_ROWS = 20_000;
const STOPS = 300;
const HYPERCORE = "hypercore@11.35.1";

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const quantile = (values: number[], q: number): number =>
  values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))]!;

async function inScratch<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "cellgate-bench-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Make = (n: number) => Incoming;
/** about 350 bytes: what a decision needs at least */
const smallReceipt: Make = (n) => {
  const receipt = receiptOf(1, n);
  return {
    id: receipt.receipt_id,
    type: receipt.body.receipt_type,
    at: receipt.at,
    body: Buffer.from(canonicalText(receipt)),
  };
};

/** Rows per second of `write`, called with groups of rows that were made beforehand. */
function rate(
  make: Make,
  from: number,
  count: number,
  group: number,
  write: (batch: Incoming[]) => void,
): number {
  const batches: Incoming[][] = [];
  for (let n = from; n < from + count; n += group)
    batches.push(Array.from({ length: group }, (_, i) => make(n + i)));
  const start = performance.now();
  for (const batch of batches) write(batch);
  return count / ((performance.now() - start) / 1_000);
}

/** A durable insert of the same bytes and nothing else. */
function bareStore(path: string): (batch: Incoming[]) => void {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec("CREATE TABLE receipt (idx INTEGER PRIMARY KEY, body BLOB)");
  const insert = db.prepare("INSERT INTO receipt (body) VALUES (?)");
  const [begin, commit] = [db.prepare("BEGIN IMMEDIATE"), db.prepare("COMMIT")];
  return (batch) => {
    begin.run();
    for (const receipt of batch) insert.run(receipt.body);
    commit.run();
  };
}

async function durable(folder: string): Promise<{ figures: Figure[]; single: number }> {
  const crypto = await createLedgerCrypto();
  const { store } = recover(crypto, { dir: join(folder, "ours"), cell: "demo", at: 1, anchored: [] });
  const ours = (s: Store) => (batch: Incoming[]) => {
    s.commit(batch);
    s.tidyLog(true);
  };
  const bare = bareStore(join(folder, "bare.sqlite"));
  const figures: Figure[] = [];
  let from = 0;
  let single = 0;
  const target = (ratio: number): string => `≥ ${ratio} of a bare SQLite FULL insert of the same bytes`;
  const kinds: readonly (readonly [string, Make, number, number, string?])[] = [
    ["one at a time", workingReceipt, 1, SINGLE_ROWS, target(0.7)],
    [`groups of ${GROUP}`, workingReceipt, GROUP, GROUPED_ROWS, target(0.5)],
    ["one at a time, smallest receipts", smallReceipt, 1, SINGLE_ROWS],
    [`groups of ${GROUP}, smallest receipts`, smallReceipt, GROUP, GROUPED_ROWS],
  ];
  for (const [name, make, group, rows, goal] of kinds) {
    const [mine, theirs, ratios]: number[][] = [[], [], []];
    for (let round = 0; round <= ROUNDS; round++) {
      const a = rate(make, from, rows, group, ours(store));
      const b = rate(make, from, rows, group, bare);
      from += rows;
      if (round === 0) continue;
      mine!.push(a);
      theirs!.push(b);
      ratios!.push(a / b);
    }
    const value = median(mine!);
    if (name === "one at a time") single = value;
    figures.push({
      name: `durable receipts, ${name}`,
      value,
      unit: "receipts/s",
      baseline: median(theirs!),
      ratio: median(ratios!),
      ...(goal === undefined ? {} : { target: goal }),
    });
  }
  store.close();
  return { figures, single };
}

/** Appends the same bytes one at a time; it syncs only now and then, so it does less than we do. */
const HYPERCORE_SCRIPT = `
const Hypercore = require("hypercore");
const { readFileSync } = require("node:fs");
(async () => {
  const core = new Hypercore(process.argv[2]);
  await core.ready();
  const rows = JSON.parse(readFileSync("rows.json", "utf8")).map((row) => Buffer.from(row));
  for (const row of rows.slice(0, 50)) await core.append(row);
  const start = performance.now();
  for (const row of rows) await core.append(row);
  console.log(rows.length / ((performance.now() - start) / 1000));
  await core.close();
})();`;

/** Receipts per second handed over one by one; the clock stops when the last of them is durable. */
async function handedOver(folder: string): Promise<number> {
  const { ledger } = await open(join(folder, "handed-over"));
  const receipts = Array.from({ length: HANDED_OVER_ROWS }, (_, n) => receiptAtWork(n));
  const start = performance.now();
  for (const receipt of receipts)
    while (!ledger.append(receipt)) await new Promise((resolve) => setImmediate(resolve));
  await ledger.flush();
  const seconds = (performance.now() - start) / 1_000;
  const { stored } = ledger.stats();
  await ledger.close();
  if (stored !== HANDED_OVER_ROWS) throw new Error(`${stored} of ${HANDED_OVER_ROWS} receipts are stored`);
  return HANDED_OVER_ROWS / seconds;
}

const MEMORY_DISK = "/dev/shm";

/**
 * Where a sync costs nothing, both sides promise the same after each append: what is compared is the work
 * itself. On a disk we sync each receipt and hypercore does not.
 */
async function singleOnMemoryDisk(): Promise<number> {
  const folder = mkdtempSync(join(MEMORY_DISK, "cellgate-bench-"));
  try {
    const crypto = await createLedgerCrypto();
    const { store } = recover(crypto, { dir: join(folder, "ours"), cell: "demo", at: 1, anchored: [] });
    const write = (batch: Incoming[]): void => {
      store.commit(batch);
      store.tidyLog(true);
    };
    const rates: number[] = [];
    for (let round = 0; round <= ROUNDS; round++)
      rates.push(rate(workingReceipt, round * SINGLE_ROWS, SINGLE_ROWS, 1, write));
    store.close();
    return median(rates.slice(1));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Median rate of hypercore in `place`, or why there is none. */
function hypercoreRate(folder: string, place: string): number | null {
  const rates: number[] = [];
  for (let round = 0; round < 3; round++) {
    const core = mkdtempSync(join(place, "cellgate-core-"));
    const run = spawnSync(process.execPath, ["run.cjs", core], {
      cwd: folder,
      encoding: "utf8",
      timeout: 60_000,
    });
    rmSync(core, { recursive: true, force: true });
    if (run.status !== 0) return null;
    rates.push(Number(run.stdout.trim()));
  }
  return median(rates);
}

async function againstHypercore(folder: string, single: number, handed: number): Promise<Figure[]> {
  const name = "receipts handed over one at a time, against hypercore";
  const target = `≥ 5 times ${HYPERCORE}`;
  writeFileSync(join(folder, "package.json"), "{}");
  const npm = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", HYPERCORE], {
    cwd: folder,
    encoding: "utf8",
    timeout: 180_000,
  });
  const missing = (why: string): Figure[] => [
    { name, value: handed, unit: "receipts/s", target, note: `not measured: ${why}` },
  ];
  if (npm.status !== 0) return missing("hypercore could not be installed");
  writeFileSync(
    join(folder, "rows.json"),
    JSON.stringify(Array.from({ length: 500 }, (_, n) => workingReceipt(n).body.toString())),
  );
  writeFileSync(join(folder, "run.cjs"), HYPERCORE_SCRIPT);
  const baseline = hypercoreRate(folder, folder);
  if (baseline === null) return missing("hypercore did not run");
  const figure = (label: string, value: number, theirs: number, note: string): Figure => ({
    name: label,
    value,
    unit: "receipts/s",
    baseline: theirs,
    ratio: value / theirs,
    target,
    note,
  });
  const inMemory = existsSync(MEMORY_DISK) ? hypercoreRate(folder, MEMORY_DISK) : null;
  const like =
    inMemory === null
      ? []
      : [
          figure(
            "receipts in a transaction each, against hypercore, both on a memory disk",
            await singleOnMemoryDisk(),
            inMemory,
            "like against like: a sync costs neither of them anything",
          ),
        ];
  return [
    ...like,
    figure(name, handed, baseline, "ours are durable, hypercore syncs now and then"),
    figure(
      "receipts in a transaction each, against hypercore",
      single,
      baseline,
      "one sync each against none: the disk sets the limit, a bare insert reaches little more",
    ),
  ];
}

async function fullVerify(folder: string): Promise<Figure[]> {
  const dir = join(folder, "verify");
  const crypto = await createLedgerCrypto();
  const { store } = recover(crypto, { dir, cell: "demo", at: 1, anchored: [] });
  for (let n = 0; n < VERIFY_ROWS; n += 1_000)
    store.commit(Array.from({ length: 1_000 }, (_, i) => workingReceipt(n + i)));
  store.publish(performance.now());
  store.emptyLog();
  store.close();
  const cpu: number[] = [];
  for (let round = 0; round <= 3; round++) {
    const before = process.cpuUsage();
    const report = await verifyLedger({ dir, full: true });
    const { user, system } = process.cpuUsage(before);
    if (!report.ok)
      throw new Error(`the bench ledger does not verify: ${JSON.stringify(report.findings.slice(0, 3))}`);
    if (round > 0) cpu.push(report.rows / ((user + system) / 1e6));
  }
  return [
    {
      name: "verify --full",
      value: median(cpu),
      unit: "receipts/s per core",
      target: "≥ 100,000",
      note: `by processor time, with the fast hashes, ${VERIFY_ROWS} receipts of all kinds`,
    },
  ];
}

/** Time from the deciding sample to the block, while the ledger thread rests and while it is as busy as it can be. */
async function reflexBesideLedger(folder: string): Promise<Figure> {
  const { ledger } = await open(join(folder, "reflex"));
  const idle: number[] = [];
  const busy: number[] = [];
  let n = 0;
  for (let i = -50; i < STOPS; i++)
    for (const isBusy of i % 2 === 0 ? [false, true] : [true, false]) {
      if (isBusy) n = await saturate(ledger, n);
      else await ledger.flush();
      const cell = new StoppingCell();
      cell.run();
      const ms = cell.stop();
      if (i >= 0) (isBusy ? busy : idle).push(ms);
    }
  await ledger.close();
  const [value, baseline] = [quantile(busy, 0.99) * 1_000, quantile(idle, 0.99) * 1_000];
  return {
    name: "sample to block, ledger at full load",
    value,
    unit: "µs p99",
    baseline,
    ratio: value / baseline,
    target: "≤ 1.2 of idle",
    note: `p50 ${(quantile(busy, 0.5) * 1_000).toFixed(1)} µs, idle ${(quantile(idle, 0.5) * 1_000).toFixed(1)} µs`,
  };
}

async function saturate(ledger: Ledger, from: number): Promise<number> {
  let n = from;
  while (ledger.stats().pending < 1_000) ledger.append(receiptOf(ledger.recovered.boot, n++));
  await new Promise((resolve) => setImmediate(resolve));
  return n;
}

/** What handing over a receipt costs the thread that decides. */
async function handOver(folder: string): Promise<Figure> {
  const { ledger } = await open(join(folder, "append"));
  const times: number[] = [];
  for (let n = 0; n < 20_000; n++) {
    const receipt = receiptOf(1, n);
    const start = performance.now();
    const isTaken = ledger.append(receipt);
    if (isTaken) times.push((performance.now() - start) * 1_000);
    if (n % 100 === 0) await ledger.flush();
  }
  await ledger.close();
  return {
    name: "append on the deciding thread",
    value: quantile(times, 0.5),
    unit: "µs p50",
    note: `p99 ${quantile(times, 0.99).toFixed(1)} µs; canonical bytes included`,
  };
}

export const benches: Bench[] = [
  {
    name: "ledger",
    run: () =>
      inScratch(async (folder) => {
        checkKinds();
        const { figures, single } = await durable(folder);
        return [
          ...figures,
          ...(await againstHypercore(folder, single, await handedOver(folder))),
          ...(await fullVerify(folder)),
          await handOver(folder),
          await reflexBesideLedger(folder),
        ];
      }),
  },
];
