import type { Receipt } from "../../core/domain/index.ts";
import { receiptsApart, type StoredReceipt } from "../../edge/ledger/index.ts";
import { type Past, readPast } from "../../core/promotion/index.ts";

const TYPES = ["promotion", "rollback", "config_change"];
const pastIn = (stored: readonly StoredReceipt[]): Past =>
  readPast(stored.flatMap(({ text }) => (text === null ? [] : [(JSON.parse(text) as Receipt).body])));

/**
 * The ledger remembers what the folder of artefacts may have been made to forget. Throws where it cannot be read: a
 * refusal may stand there.
 */
export const pastOf = (dataDir: string): Past => pastIn(receiptsApart(dataDir, TYPES));

/** At start: what cannot be read vouches for nothing, and the rest for what it says. */
export function pastAtStart(dataDir: string): Past {
  try {
    return pastIn(receiptsApart(dataDir, TYPES, "left out"));
  } catch {
    return readPast([]);
  }
}
