import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBag } from "../../../src/edge/recordings/index.ts";
import { truncatedDb3 } from "../../../src/edge/recordings/truncated-db3.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-cut-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const whole = join(folder, "whole.db3");
const ROWS = 5_000;

beforeAll(() => {
  const db = new Database(whole);
  db.exec(
    `create table topics(id integer primary key, name text, type text, serialization_format text, offered_qos_profiles text);
     create table messages(id integer primary key, topic_id integer, timestamp integer, data blob);
     create index timestamp_idx on messages (timestamp asc)`,
  );
  db.prepare("insert into topics values (1, '/a', 'std_msgs/msg/String', 'cdr', '')").run();
  const insert = db.prepare("insert into messages (topic_id, timestamp, data) values (1, ?, ?)");
  db.transaction(() => {
    for (let i = 0; i < ROWS; i++)
      insert.run(1_700_000_000_000_000_000n + BigInt(i) * 1_000_000n, Buffer.alloc(200, i & 255));
  })();
  db.close();
});
const temporary = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("cellgate-bag-"));

async function readCut(share: number): Promise<{ times: number[]; said: string }> {
  const file = join(folder, `cut-${share}.db3`);
  copyFileSync(whole, file);
  truncateSync(file, Math.floor(statSync(whole).size * share));
  const bag = await openBag(file);
  if (!bag.ok) throw new Error(bag.error);
  const cursor = bag.value.read();
  const times: number[] = [];
  while (cursor.next()) {
    // what is given is what was recorded: each message is filled with the number of its row
    const row = Math.round(cursor.micros - 1_700_000_000_000_000) / 1_000;
    expect(new Set(cursor.bytes)).toEqual(new Set([row & 255]));
    times.push(row);
  }
  const said = bag.value
    .losses()
    .listed.map(({ detail }) => detail)
    .join("\n");
  bag.value.close();
  return { times, said };
}

describe("a .db3 file that ends early", () => {
  test.each([0.99, 0.7, 0.3])(
    "cut to %d of its length it gives what its pages hold, in order",
    async (share) => {
      const before = temporary();
      const { times, said } = await readCut(share);
      expect(times.length).toBeGreaterThan(0.9 * share * ROWS);
      expect(times.length).toBeLessThan(ROWS);
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
      expect(said).toMatch(/ends after \d+ of \d+ pages/);
      expect(temporary().filter((name) => !before.includes(name))).toEqual([]);
    },
  );
  test("a whole one is none, nor is one whose head claims far more than there is, nor anything else", () => {
    expect(truncatedDb3(whole)).toBeNull();
    const bold = join(folder, "bold.db3");
    copyFileSync(whole, bold);
    truncateSync(bold, 4_096);
    expect(truncatedDb3(bold)).toBeNull();
    const other = join(folder, "other.db3");
    writeFileSync(other, Buffer.alloc(8_192, 7));
    expect(truncatedDb3(other)).toBeNull();
  });
});
