import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Where everything of a ledger lies. `dir` is the node's data folder. */
export const ledgerFolder = (dir: string): string => join(dir, "ledger");
export const keyFolder = (dir: string): string => join(dir, "ledger", "keys");
export const shardFile = (dir: string, shard: number): string =>
  join(dir, "ledger", `shard-${String(shard).padStart(6, "0")}.sqlite`);
/** newest signed checkpoint, outside the database: an older copy of the database alone is found at start */
export const checkpointFile = (dir: string): string => join(dir, "ledger", "checkpoint");
export const bootFile = (dir: string): string => join(dir, "ledger", "boot");
export const latchedFile = (dir: string): string => join(dir, "ledger", "latched");
export const lockFile = (dir: string): string => join(dir, "ledger", "writer.lock");

const SHARD_NAME = /^shard-(\d{6,})\.sqlite$/;

/** numbers of all shards on disk, lowest first */
export function listShards(dir: string): number[] {
  let names: string[];
  try {
    names = readdirSync(ledgerFolder(dir));
  } catch {
    return [];
  }
  return names
    .flatMap((name) => {
      const match = SHARD_NAME.exec(name);
      return match === null ? [] : [Number(match[1])];
    })
    .sort((a, b) => a - b);
}
