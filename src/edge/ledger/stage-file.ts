import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { canonicalText } from "../../core/base/canonical.ts";
import { cut } from "../../core/base/text.ts";
import type { StoredStage } from "../../core/domain/index.ts";
import { makeFolder, replaceFile, type StateWriter } from "../files/index.ts";
import type { Sealing } from "./latched-file.ts";
import { sealed, unsealed } from "./state-key.ts";

const record = z.strictObject({
  stage: z.number().int().min(0).max(16),
  configHash: z.string().max(256),
  boot: z.number().int().nonnegative(),
});
export type StageRecord = z.infer<typeof record>;
const stageFile = (dataDir: string): string => join(dataDir, "gate", "stage");
const damaged = (detail: string): StoredStage => ({ kind: "damaged", detail: cut(detail, 300) });

/** undefined: no person ever switched the stage in this data folder. */
export function readStage(
  dataDir: string,
  key: Uint8Array,
): StageRecord | Extract<StoredStage, { kind: "damaged" }> | undefined {
  const path = stageFile(dataDir);
  try {
    if (!existsSync(path)) return undefined;
    const line = unsealed(key, readFileSync(path, "utf8").trimEnd());
    if (line === null) return { kind: "damaged", detail: "its seal does not match" };
    if (!line.keyed) return { kind: "damaged", detail: "it is not sealed with this node's key" };
    return record.parse(JSON.parse(line.text));
  } catch (cause) {
    return { kind: "damaged", detail: cut((cause as Error).message, 300) };
  }
}

const lineOf = ({ key, boot }: Sealing, stage: number, configHash: string): Buffer =>
  Buffer.from(sealed(key, canonicalText({ stage, configHash, boot })));

/** The same stage once more, with the number of this start: an older file that is put back later is found by it. */
export function renewStage(dataDir: string, { stage, configHash }: StageRecord, by: Sealing): void {
  makeFolder(join(dataDir, "gate"), 0o700);
  replaceFile(stageFile(dataDir), lineOf(by, stage, configHash), 0o600);
}

/**
 * What the file and the newest receipt of a switch say together. The file alone raises no stage: it has to be sealed with
 * the node's key, to come from the last start, and to say what a person's switch was receipted with.
 */
export function judgeStage(
  stored: ReturnType<typeof readStage>,
  receipted: { readonly stage: number; readonly configHash: string } | null,
  lastBoot: number,
): StoredStage | undefined {
  if (stored === undefined)
    return receipted === null
      ? undefined
      : damaged(`the file of the stage is missing, its receipt says ${receipted.stage}`);
  if ("kind" in stored) return damaged(`the file of the stage: ${stored.detail}`);
  if (stored.boot < lastBoot)
    return damaged(
      `the file of the stage is an older one: of start ${stored.boot}, the last was ${lastBoot}`,
    );
  if (receipted === null)
    return damaged(`the file of the stage says ${stored.stage}, no receipt says that anybody chose it`);
  if (receipted.stage !== stored.stage || receipted.configHash !== stored.configHash)
    return damaged(`the file of the stage says ${stored.stage}, its receipt ${receipted.stage}`);
  return { kind: "read", stage: stored.stage, configHash: stored.configHash };
}

export interface StageFile {
  keep(stage: number): void;
}
/** its name at the thread that writes */
export const STAGE_LANE = "stage";

/** The thread that writes gets the new stage at once; what a power cut leaves half-written reads as damaged, which is shadow. */
export function openStageFile(
  dataDir: string,
  configHash: string,
  by: Sealing,
  writer: StateWriter,
  onFailure: (active: boolean, detail: string) => void,
): StageFile {
  writer.lane(STAGE_LANE, (detail) => onFailure(detail !== null, cut(detail ?? "", 300)));
  return {
    keep(stage) {
      const content = lineOf(by, stage, configHash);
      if (!writer.put(STAGE_LANE, { how: "whole", path: stageFile(dataDir), content }))
        onFailure(true, "nobody writes it any more");
    },
  };
}
