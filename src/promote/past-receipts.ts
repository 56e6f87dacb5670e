import type { Receipt } from "../domain/index.ts";
import { receiptsApart } from "../ledger/index.ts";
import { type Past, readPast } from "../promotion/index.ts";

/** The ledger remembers what the folder of artefacts may have been made to forget. Throws when it cannot be read. */
export function pastOf(dataDir: string): Past {
  const stored = receiptsApart(dataDir, ["promotion", "rollback", "config_change"]);
  return readPast(stored.flatMap(({ text }) => (text === null ? [] : [(JSON.parse(text) as Receipt).body])));
}

/** What cannot be read vouches for nothing. */
export function pastAtStart(dataDir: string): Past {
  try {
    return pastOf(dataDir);
  } catch {
    return readPast([]);
  }
}
