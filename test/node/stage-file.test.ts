import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { openStageFile, readStage } from "../../src/node/stage-file.ts";

const folders: string[] = [];
const folder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "cellgate-stage-"));
  folders.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});

test("nobody ever switched: nothing is read", () => expect(readStage(folder())).toBeUndefined());

test("the newest stage is read back", () => {
  const dir = folder();
  const file = openStageFile(dir, "hash", () => {});
  for (const stage of [1, 2, 1]) file.keep(stage);
  expect(readStage(dir)).toEqual({ kind: "read", stage: 1, configHash: "hash" });
});

test("every torn or edited byte reads as damaged, never as a stage", () => {
  const dir = folder();
  openStageFile(dir, "hash", () => {}).keep(2);
  const path = join(dir, "gate", "stage");
  const whole = readFileSync(path);
  for (let length = 0; length < whole.length - 1; length++) {
    writeFileSync(path, whole.subarray(0, length));
    expect(readStage(dir)?.kind).toBe("damaged");
  }
  writeFileSync(path, whole.toString().replace('"stage":2', '"stage":4'));
  expect(readStage(dir)?.kind).toBe("damaged");
});

test("a disk that refuses is told, and told again when it takes", async () => {
  const dir = folder();
  writeFileSync(join(dir, "gate"), "in the way");
  const told = vi.fn();
  const file = openStageFile(dir, "hash", told);
  file.keep(1);
  expect(told).toHaveBeenCalledWith(true, expect.any(String));
  rmSync(join(dir, "gate"));
  file.keep(1);
  await vi.waitFor(() => expect(told).toHaveBeenLastCalledWith(false, ""), 10_000);
  expect(existsSync(join(dir, "gate", "stage"))).toBe(true);
});
