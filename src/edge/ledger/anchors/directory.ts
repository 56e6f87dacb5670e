import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { AnchorConfig } from "../../../core/domain/index.ts";
import { appendNote, newestNote } from "./note-history.ts";
import type { Outgoing, Sink } from "./sink.ts";

/** A folder on another medium: a stick, a share. One file per shard, to which each checkpoint is added; nothing is replaced. */
type Settings = Extract<AnchorConfig, { kind: "directory" }>;

const SUFFIX = ".checkpoint";
const NOTES_MAX = 64;

export function directorySink(settings: Settings): Sink {
  const { path } = settings;
  const fileOf = (origin: string): string => join(path, `${origin.replaceAll("/", "_")}${SUFFIX}`);
  return {
    name: `directory:${path}`,
    async last() {
      if (!existsSync(path)) return [];
      const names = readdirSync(path).filter((name) => name.endsWith(SUFFIX));
      return names
        .sort(newestShardFirst)
        .slice(0, NOTES_MAX)
        .map((name) => newestNote(join(path, name)));
    },
    async send({ origin, size, note }: Outgoing) {
      // the folder is never created: a missing mount point must not turn into a folder on this machine
      if (!existsSync(path)) throw new Error(`folder ${path} is not there; is the medium mounted?`);
      appendNote(fileOf(origin), size, note);
      return newestNote(fileOf(origin));
    },
  };
}

const shardNumber = (name: string): number => Number(/_(\d+)\.checkpoint$/.exec(name)?.[1] ?? -1);
const newestShardFirst = (a: string, b: string): number => shardNumber(b) - shardNumber(a);
