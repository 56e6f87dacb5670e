import { cut } from "../core/base/text.ts";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { canonicalText } from "../core/base/canonical.ts";
import type { StoredStage } from "../core/domain/index.ts";

const record = z.strictObject({ stage: z.number().int().min(0).max(16), configHash: z.string().max(256) });
const stageFile = (dataDir: string): string => join(dataDir, "gate", "stage");
const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** undefined: no person ever switched the stage in this data folder. */
export function readStage(dataDir: string): StoredStage | undefined {
  const path = stageFile(dataDir);
  if (!existsSync(path)) return undefined;
  try {
    const line = readFileSync(path, "utf8").trimEnd();
    const text = line.slice(65);
    if (line.slice(0, 64) !== hashOf(text)) return { kind: "damaged", detail: "its hash does not match" };
    return { kind: "read", ...record.parse(JSON.parse(text)) };
  } catch (cause) {
    return { kind: "damaged", detail: cut((cause as Error).message, 300) };
  }
}

export interface StageFile {
  keep(stage: number): void;
}

/**
 * The new name is there before the person gets an answer, so that a kill cannot bring the old stage back;
 * the disk is synced beside the deciding thread. What a power cut leaves half-written reads as damaged,
 * which is shadow.
 */
export function openStageFile(
  dataDir: string,
  configHash: string,
  onFailure: (active: boolean, detail: string) => void,
): StageFile {
  const path = stageFile(dataDir);
  let failing = false;
  const failed = (cause: unknown): void => {
    failing = true;
    onFailure(true, cut((cause as Error).message, 300));
  };
  return {
    keep(stage) {
      const text = canonicalText({ stage, configHash });
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        writeFileSync(`${path}.tmp`, `${hashOf(text)} ${text}\n`, { mode: 0o600 });
        renameSync(`${path}.tmp`, path);
      } catch (cause) {
        return failed(cause);
      }
      syncBeside(path).then(() => {
        if (failing) onFailure(false, "");
        failing = false;
      }, failed);
    },
  };
}

async function syncBeside(path: string): Promise<void> {
  for (const one of [path, dirname(path), dirname(dirname(path))]) {
    const handle = await open(one, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
