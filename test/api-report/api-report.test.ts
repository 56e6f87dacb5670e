import { expect, test } from "vitest";
import { reports, writtenReport } from "./report.ts";

const now = reports();

test.each([...now.keys()])("the face %s is the one that its report states", (face) => {
  // a change that is wanted: npm run api:update, and the difference is there to be reviewed
  expect(now.get(face)).toBe(writtenReport(face));
});

test("every face that a package exports has types and a report", () => {
  expect([...now.keys()]).toEqual([
    "cellgate",
    "cellgate/core",
    "cellgate/receipts",
    "cellgate/lab",
    "cellgate/testing",
    "cellgate/extension",
    "cellgate/fleet",
  ]);
});
