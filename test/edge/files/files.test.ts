import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Disk, readJson, realDisk, replaceFile, writeJson } from "../../../src/edge/files/index.ts";
import { PowerCut, PowerCutDisk } from "../../lab/promotion/power-cut-disk.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cellgate-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("replacing a file", () => {
  test("a power cut before any step leaves the old content or the new one", () => {
    const [old, fresh] = [Buffer.from("old content"), Buffer.from("new content, which is longer")];
    const seen = new Set<string>();
    let finished = false;
    for (let at = 0; !finished; at++)
      for (const kept of [true, false]) {
        const disk = new PowerCutDisk(at, new Map([["/d/state", old]]));
        try {
          replaceFile("/d/state", fresh, 0o644, disk);
          finished = true;
        } catch (cause) {
          expect(cause).toBeInstanceOf(PowerCut);
        }
        const found = Buffer.from(disk.after(() => kept).get("/d/state") ?? []).toString();
        expect(["old content", "new content, which is longer"]).toContain(found);
        if (finished) expect(found).toBe("new content, which is longer");
        seen.add(found);
      }
    expect(seen.size).toBe(2);
  });

  test("every step of the real one is durable: the bytes before the name, the name before it returns", () => {
    const steps: string[] = [];
    const disk = Object.fromEntries(
      Object.entries(realDisk).map(([name, act]) => [
        name,
        (...args: never[]) => {
          steps.push(name);
          return (act as (...given: never[]) => unknown)(...args);
        },
      ]),
    ) as unknown as Disk;
    replaceFile(join(folder, "a"), "x", 0o644, disk);
    expect(steps).toEqual(["write", "syncFile", "rename", "syncFolder"]);
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("x");
  });

  test("what cannot be written leaves the old file and nothing beside it", () => {
    writeFileSync(join(folder, "a"), "old");
    const full: Disk = {
      ...realDisk,
      syncFile() {
        throw new Error("ENOSPC: no space left on device");
      },
    };
    expect(() => replaceFile(join(folder, "a"), "new", 0o644, full)).toThrow("ENOSPC");
    expect(readdirSync(folder)).toEqual(["a"]);
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("old");
  });

  test("a secret never inherits the permissions or the target of what lay there", () => {
    const target = join(folder, "elsewhere");
    writeFileSync(target, "mine");
    writeFileSync(join(folder, "token"), "");
    chmodSync(join(folder, "token"), 0o644);
    symlinkSync(target, join(folder, "token.tmp"));
    replaceFile(join(folder, "token"), "secret", 0o600);
    expect(statSync(join(folder, "token")).mode & 0o777).toBe(0o600);
    expect(readFileSync(target, "utf8")).toBe("mine");
  });
});

describe("JSON files", () => {
  test("are read as written, with the folder made", () => {
    const path = join(folder, "deep", "er", "x.json");
    writeJson(path, { a: [1, "ü"] });
    expect(readJson(path)).toEqual({ a: [1, "ü"] });
  });
  test("are refused before they are read when they are larger than allowed, and when they are no JSON", () => {
    const path = join(folder, "x.json");
    writeJson(path, "x".repeat(100));
    expect(() => readJson(path, 50)).toThrow("103 bytes; at most 50");
    writeFileSync(path, "{ half");
    expect(() => readJson(path)).toThrow(SyntaxError);
  });
});
