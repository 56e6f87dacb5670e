import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { StateWriter } from "../../../src/edge/files/index.ts";
import { judgeStage, openStageFile, readStage } from "../../../src/edge/ledger/stage-file.ts";

const folders: string[] = [];
const folder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "cellgate-stage-"));
  folders.push(dir);
  return dir;
};
const writer = new StateWriter();
const BY = { key: new Uint8Array(32).fill(7), boot: 3 };
afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});
afterAll(() => writer.close());
const keep = async (dir: string, ...stages: readonly number[]): Promise<void> => {
  const file = openStageFile(dir, "hash", BY, writer, () => {});
  for (const stage of stages) file.keep(stage);
  expect(await writer.whenKept("stage")).toBe(true);
};

test("nobody ever switched: nothing is read", () =>
  expect(judgeStage(readStage(folder(), BY.key), null, 2)).toBeUndefined());

test("the newest stage is read back", async () => {
  const dir = folder();
  await keep(dir, 1, 2, 1);
  const read = readStage(dir, BY.key);
  expect(read).toEqual({ stage: 1, configHash: "hash", boot: 3 });
  expect(judgeStage(read, { stage: 1, configHash: "hash" }, 3)).toEqual({
    kind: "read",
    stage: 1,
    configHash: "hash",
  });
});

test("every torn or edited byte, and another key, reads as damaged, never as a stage", async () => {
  const dir = folder();
  await keep(dir, 2);
  const path = join(dir, "gate", "stage");
  const whole = readFileSync(path);
  for (let length = 0; length < whole.length - 1; length++) {
    writeFileSync(path, whole.subarray(0, length));
    expect(readStage(dir, BY.key)).toMatchObject({ kind: "damaged" });
  }
  const text = whole.toString().slice(65).trimEnd().replace('"stage":2', '"stage":4');
  for (const seal of [whole.toString().slice(0, 64), createHash("sha256").update(text).digest("hex")]) {
    writeFileSync(path, `${seal} ${text}\n`);
    expect(readStage(dir, BY.key)).toMatchObject({ kind: "damaged" });
  }
  writeFileSync(path, whole);
  expect(readStage(dir, new Uint8Array(32))).toMatchObject({ kind: "damaged" });
});

test("a whole file that no receipt bears out, or that is an older one, is damaged", () => {
  const stored = { stage: 4, configHash: "hash", boot: 3 };
  const receipted = { stage: 4, configHash: "hash" };
  expect(judgeStage(stored, receipted, 3)).toMatchObject({ kind: "read" });
  for (const [file, receipt, boot] of [
    [stored, null, 3],
    [stored, { ...receipted, stage: 2 }, 3],
    [stored, { ...receipted, configHash: "other" }, 3],
    [stored, receipted, 4],
    [undefined, receipted, 3],
  ] as const)
    expect(judgeStage(file, receipt, boot)).toMatchObject({ kind: "damaged" });
});

test("a disk that refuses is told, and told again when it takes, by itself", async () => {
  const dir = folder();
  writeFileSync(join(dir, "gate"), "in the way");
  const told = vi.fn();
  openStageFile(dir, "hash", BY, writer, told).keep(1);
  await vi.waitFor(() => expect(told).toHaveBeenCalledWith(true, expect.any(String)), 10_000);
  rmSync(join(dir, "gate"));
  await vi.waitFor(() => expect(told).toHaveBeenLastCalledWith(false, ""), 10_000);
  expect(readStage(dir, BY.key)).toMatchObject({ stage: 1 });
});
