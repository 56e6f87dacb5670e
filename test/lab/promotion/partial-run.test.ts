import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openPartial } from "../../../src/lab/promotion/partial-run.ts";
import type { RunMark } from "../../../src/core/promotion/index.ts";
import { evidenceOf } from "../../core/promotion/evidence-fixture.ts";

const dir = mkdtempSync(join(tmpdir(), "cellgate-partial-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const measured = evidenceOf({ n: 10 }).measurements;
let count = 0;
/** a run that measured some and was ended; what receipts say of it */
function run(of: typeof measured, closed = true) {
  const file = join(dir, `run-${count++}`);
  const marks: RunMark[] = [];
  const partial = openPartial({ file, mark: null, onMark: (m) => void marks.push(m) });
  for (const m of of) partial.add(m);
  if (closed) partial.close();
  return { file, mark: marks.at(-1) ?? null };
}
const again = (file: string, mark: RunMark | null) => {
  const marks: RunMark[] = [];
  const partial = openPartial({ file, mark, onMark: (m) => void marks.push(m) });
  partial.close();
  return { found: [...partial.found.keys()], forged: partial.forged, marks };
};

test("what a receipt vouches for is believed, what lies behind it is measured again", () => {
  const { file, mark } = run(measured.slice(0, 4));
  appendFileSync(file, `${JSON.stringify(measured[4])}\n{"torn`);
  expect(again(file, mark)).toEqual({ found: ["s0", "s1", "s2", "s3"], forged: false, marks: [] });
  expect(readFileSync(file, "utf8").split("\n")).toHaveLength(5);
});
test("killed before any receipt: nothing is believed, and nobody is accused", () => {
  const { file, mark } = run(measured.slice(0, 4), false);
  expect(mark).toBeNull();
  expect(again(file, mark)).toMatchObject({ found: [], forged: false });
});
test("altered, cut short, exchanged: none of it is believed, and a new receipt says so", () => {
  const alter: readonly ((text: string, other: string) => string)[] = [
    (text) => text.replace('"energy":', '"energy":1'),
    (text) => text.slice(0, text.indexOf("\n") + 1),
    (_, other) => other,
  ];
  const other = readFileSync(run(measured.slice(5, 9)).file, "utf8");
  for (const change of alter) {
    const { file, mark } = run(measured.slice(0, 4));
    writeFileSync(file, change(readFileSync(file, "utf8"), other));
    const found = again(file, mark);
    expect(found).toMatchObject({ found: [], forged: true, marks: [{ lines: 0 }] });
    // the next start is not told of it again
    expect(again(file, found.marks[0]!)).toMatchObject({ found: [], forged: false });
  }
});
test("a file that is gone is measured again; a number that is none is not written down as one", () => {
  const { file, mark } = run(measured.slice(0, 2));
  rmSync(file);
  expect(again(file, mark)).toMatchObject({ found: [], forged: false, marks: [{ lines: 0 }] });
  const nan = { ...measured[0]!, candidate: { ...measured[0]!.candidate, energy: Number.NaN } };
  const bad = run([nan, measured[1]!]);
  expect(again(bad.file, bad.mark).found).toEqual(["s1"]);
});
