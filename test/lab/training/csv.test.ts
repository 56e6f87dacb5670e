import { SHARED } from "../../shared-data.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  flagOf,
  featureTable,
  numberOf,
  parseCsv,
  readCsv,
  secondsOf,
  type Csv,
} from "../../../src/lab/training/index.ts";

const csv = (text: string): Csv => {
  const parsed = parseCsv(text, "t.csv");
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
};
const ROLES = { label: "bad", group: "run", time: "t" };

describe("training: tables of text", () => {
  it("finds the separator, reads quotes, CRLF and a byte order mark", () => {
    expect(csv("a,b\n1,2\n").rows).toEqual([["1", "2"]]);
    expect(csv("a;b\r\n1,5;2\r\n").rows).toEqual([["1,5", "2"]]);
    expect(csv("\uFEFFa\tb\n1\t2").columns).toEqual(["a", "b"]);
    expect(csv('a,b\n"x, ""y""\nz",2\n').rows).toEqual([['x, "y"\nz', "2"]]);
  });
  it("names the line of a row that does not fit", () => {
    const bad = parseCsv("a,b\n1,2\n3\n", "t.csv");
    expect(!bad.ok && bad.error).toContain("t.csv:3");
    expect(parseCsv("", "t.csv").ok).toBe(false);
    expect(readCsv("/does/not/exist.csv").ok).toBe(false);
  });
  it("numbers in both notations, flags in words, times in seconds or dates", () => {
    expect([numberOf("1,5"), numberOf("1.5"), numberOf("-2e3")]).toEqual([1.5, 1.5, -2000]);
    for (const bad of ["", "x", "Infinity", "NaN"]) expect(numberOf(bad)).toBeNaN();
    expect(["1", "True", "yes", "obstruction"].map(flagOf)).toEqual([true, true, true, true]);
    expect(["0", "False", "normal", "ok", " none "].map(flagOf)).toEqual([false, false, false, false, false]);
    expect(flagOf("")).toBeNull();
    expect(secondsOf("2022-10-26T08:17:22.852Z") - secondsOf("2022-10-26T08:17:21.847")).toBeCloseTo(
      1.005,
      6,
    );
  });
  it("columns of numbers become features, empty cells are missing, empty labels are left out", () => {
    const made = featureTable(
      [csv("t,run,x,note,bad\n0,a,1,hi,0\n1,a,,hi,1\n2,b,3,hi,\n3,b,4,hi,yes\n")],
      ROLES,
    );
    if (!made.ok) throw new Error(made.error);
    const value = made.value.table;
    expect(value.features.map((f) => f.name)).toEqual(["x"]);
    expect([value.rows, [...value.labels], [...value.groups], [...value.present]]).toEqual([
      3,
      [0, 1, 1],
      [0, 0, 1],
      [1, 0, 1],
    ]);
  });
  it("says which column is missing", () => {
    const missing = featureTable([csv("t,run,x\n0,a,1\n")], ROLES);
    expect(!missing.ok && missing.error).toContain('no column "bad" for --label; it has t, run, x');
  });
});

const DATA = SHARED;
describe.skipIf(!existsSync(DATA))(
  "training: public recordings (skipped without the folder of data sets)",
  () => {
    it("reads the tables as published", () => {
      const read = readCsv(join(DATA, "uci_ur3_cobotops/dataset_02052023.csv"));
      if (!read.ok) throw new Error(read.error);
      expect(read.value.rows.length).toBe(7409);
      const stop = read.value.columns.indexOf("Robot_ProtectiveStop");
      expect(read.value.rows.filter((row) => flagOf(row[stop]!) === true).length).toBe(278);
      expect(read.value.rows.filter((row) => flagOf(row[stop]!) === null).length).toBe(54);
    });
  },
);
