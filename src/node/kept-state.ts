import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LatchedCause } from "../core/domain/index.ts";
import { promotedByLedger } from "../edge/ledger/index.ts";

const lost = (source: string, detail: string): LatchedCause => ({
  code: "LEDGER_STATE_LOST",
  source,
  detail,
});

/** what a clock may be corrected by without a word: an ordinary step of a time service */
const CLOCK_STEP_US = 2_000_000;

/**
 * A clock that stands before the newest receipt was set back, or a battery is flat: dates mean nothing then, and what was
 * signed long ago may look new. Somebody has to look at it before the cell moves.
 */
export function clockWentBack(nowUs: number, lastUs: number): readonly LatchedCause[] {
  if (nowUs >= lastUs - CLOCK_STEP_US) return [];
  const seconds = ((lastUs - nowUs) / 1e6).toFixed(1);
  return [
    {
      code: "CLOCK_WENT_BACK",
      source: "clock",
      detail: `the clock of this machine stands ${seconds} s before the newest receipt`,
    },
  ];
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
