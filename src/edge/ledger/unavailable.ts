import { randomBytes } from "node:crypto";
import type { AnchorStatus, Ledger, LedgerStats } from "./ledger.ts";

/** what nobody keeps can be counted all the same */
const NOTHING: LedgerStats = {
  appended: 0,
  stored: 0,
  pending: 0,
  refused: 0,
  treeSize: 0,
  root: "",
  publishedSize: 0,
  shard: 0,
  commits: 0,
  commitMsMax: 0,
  bytes: 0,
  anchors: [],
};

/**
 * Stands where no ledger can be opened, so that a node comes up, blocked, and says why. It takes every receipt and says of
 * each that it is not stored; nothing is permitted on it, and no latch is kept.
 */
export function unavailableLedger(why: string): Ledger {
  let appended = 0;
  const none = (): Promise<readonly AnchorStatus[]> => Promise.resolve([]);
  return {
    recovered: {
      boot: 0,
      latched: [{ code: "LEDGER_UNAVAILABLE", source: "ledger", detail: why }],
      fault: null,
      // nothing that was signed for another start counts here
      instance: `unkept-${randomBytes(8).toString("hex")}`,
      lastAt: 0,
      stage: { kind: "damaged", detail: "the ledger cannot be opened" },
    },
    append: () => ++appended > 0,
    persistLatched: () => true,
    whenLatched: () => Promise.resolve(false),
    whenStored: () => Promise.resolve(false),
    flush: () => Promise.resolve(),
    ping: () => Promise.resolve(),
    anchorNow: none,
    close: () => Promise.resolve(),
    stats: () => ({ ...NOTHING, appended, refused: appended }),
  };
}
