import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { StateWriter } from "../../../src/edge/files/index.ts";

const home = mkdtempSync(join(tmpdir(), "cellgate-state-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A disk that takes nothing before `go` is there, and writes a line for each write that it was asked for. */
const SLOW = new URL(
  `data:text/javascript,${encodeURIComponent(`
  import { appendFileSync, existsSync, writeFileSync } from "node:fs";
  import { parentPort } from "node:worker_threads";
  parentPort.on("message", ({ name, write }) => {
    appendFileSync(write.path + ".asked", Buffer.from(write.content).toString() + "\\n");
    while (!existsSync(write.path + ".go")) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    writeFileSync(write.path, write.content);
    parentPort.postMessage({ name, failed: null });
  });
`)}`,
);

test("16 a disk that takes nothing keeps nobody waiting, and no queue grows: two writes for a thousand changes", async () => {
  const path = join(home, "slow");
  const writer = new StateWriter(SLOW);
  writer.lane("state", () => undefined);
  const given = Array.from({ length: 1_000 }, (_, i) =>
    writer.put("state", { how: "whole", path, content: Buffer.from(`${i}`) }),
  );
  // all of them were handed over in one turn, while the disk has taken none
  expect(given.every(Boolean)).toBe(true);
  let isKept = false;
  const kept = writer.whenKept("state").then((ok) => (isKept = ok));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isKept).toBe(false);
  writeFileSync(`${path}.go`, "");
  expect(await kept).toBe(true);
  expect(readFileSync(path, "utf8")).toBe("999");
  expect(readFileSync(`${path}.asked`, "utf8").trim().split("\n")).toEqual(["0", "999"]);
  await writer.close();
});

test("what is kept is on the disk, in place and as a whole; nobody writes after the end", async () => {
  const writer = new StateWriter();
  writer.lane("state", () => undefined);
  const path = join(home, "folder", "state");
  writer.put("state", { how: "whole", path, content: Buffer.from("0123456789") });
  expect(await writer.whenKept("state")).toBe(true);
  writer.put("state", { how: "at", path, offset: 4, content: Buffer.from("xy") });
  expect(await writer.whenKept("state")).toBe(true);
  expect(readFileSync(path, "utf8")).toBe("0123xy6789");
  writer.put("state", { how: "at", path, offset: 0, content: Buffer.from("last") });
  await writer.close();
  expect(readFileSync(path, "utf8")).toBe("lastxy6789");
  expect(writer.put("state", { how: "whole", path, content: Buffer.from("late") })).toBe(false);
});
