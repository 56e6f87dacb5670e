import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LatchedCause, StoredStage } from "../core/domain/index.ts";
import { promotedByLedger, stageByLedger } from "../edge/ledger/index.ts";
import { readStage } from "./stage-file.ts";

const lost = (source: string, detail: string): LatchedCause => ({
  code: "LEDGER_STATE_LOST",
  source,
  detail,
});

export interface KeptStage {
  readonly stored: StoredStage | undefined;
  readonly lost: readonly LatchedCause[];
}
/** The stage as it was kept. The ledger has each switch, too: what the file does not hold any more is not forgotten. */
export function keptStage(dataDir: string): KeptStage {
  const stored = readStage(dataDir);
  const receipted = stageByLedger(dataDir);
  const damaged = (detail: string): KeptStage => ({
    stored: { kind: "damaged", detail },
    lost: [lost("stage", detail)],
  });
  if (stored?.kind === "damaged") return damaged(`the file of the stage: ${stored.detail}`);
  if (receipted === null || stored?.stage === receipted) return { stored, lost: [] };
  return damaged(
    stored === undefined
      ? `the file of the stage is missing, its receipt says ${receipted}`
      : `the file of the stage says ${stored.stage}, its receipt ${receipted}`,
  );
}

/** What was promoted lies in a folder of its own, its receipts in the ledger. Asked before the folder is opened, which makes it anew. */
export function lostPromotion(dataDir: string): readonly LatchedCause[] {
  if (!promotedByLedger(dataDir)) return [];
  try {
    readFileSync(join(dataDir, "promotion", "state.json"));
    return [];
  } catch (cause) {
    const { code } = cause as { code?: string };
    return [
      lost(
        "promotion",
        `something was promoted here, and the store of artefacts cannot be read: ${code ?? "unknown"}`,
      ),
    ];
  }
}
