import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { err, ok, type Result } from "../../core/base/result.ts";

/** What metadata.yaml says that reading needs; everything else in it is repeated in the files. */
export interface FolderPlan {
  readonly files: readonly string[];
  /** files named by metadata.yaml that are not there */
  readonly missing: readonly string[];
  readonly messageCompression: string;
  readonly counts: ReadonlyMap<string, number>;
  readonly messages: number;
  /** why metadata.yaml was not used, or null */
  readonly doubt: string | null;
}
const DATA_FILE = /\.(bag|(mcap|db3)(\.(zstd|lz4))?)$/;
const MAX_METADATA_BYTES = 64 * 1_048_576;

const information = z.object({
  rosbag2_bagfile_information: z.object({
    relative_file_paths: z.array(z.string()).max(100_000).nullish(),
    compression_format: z.string().nullish(),
    compression_mode: z.string().nullish(),
    message_count: z.number().nullish(),
    topics_with_message_count: z
      .array(z.object({ topic_metadata: z.object({ name: z.string() }), message_count: z.number() }))
      .nullish(),
  }),
});

/** What there is to read in a folder. */
export function planFolder(folder: string): Result<FolderPlan, string> {
  let names: string[];
  try {
    names = readdirSync(folder).sort(byNumber);
  } catch (cause) {
    return err(`${folder} cannot be listed: ${(cause as Error).message}`);
  }
  const present = names.filter((name) => DATA_FILE.test(name));
  const plan = names.includes("metadata.yaml")
    ? fromMetadata(folder, present)
    : withoutMetadata(folder, present, null);
  return plan.files.length === 0 ? err(`${folder} holds no .mcap, .db3 or .bag file`) : ok(plan);
}

function fromMetadata(folder: string, present: readonly string[]): FolderPlan {
  const read = readMetadata(join(folder, "metadata.yaml"));
  if (!read.ok) return withoutMetadata(folder, present, read.error);
  const info = read.value.rosbag2_bagfile_information;
  // older recordings name their files by their path of then: only the last part can be meant here
  const named = (info.relative_file_paths ?? []).map((path) => basename(path));
  const packed = info.compression_mode?.toUpperCase() === "FILE";
  const found = named.map((name) => presentName(name, present, packed));
  const extra = present.filter((name) => !found.includes(name) && !isPackedTwin(name, found));
  return {
    files: [...found.filter((name) => name !== null), ...extra].map((name) => join(folder, name)),
    missing: named.filter((_, i) => found[i] === null),
    messageCompression:
      info.compression_mode?.toUpperCase() === "MESSAGE" ? (info.compression_format ?? "") : "",
    counts: new Map(
      (info.topics_with_message_count ?? []).map((t) => [t.topic_metadata.name, t.message_count]),
    ),
    messages: info.message_count ?? -1,
    doubt: extra.length > 0 ? `metadata.yaml does not name ${extra.join(", ")}; read all the same` : null,
  };
}
/** A file may have been unpacked beside its packed form, or be named without its ending. */
function presentName(name: string, present: readonly string[], packed: boolean): string | null {
  if (present.includes(name)) return name;
  const bare = name.replace(/\.(zstd|lz4)$/, "");
  if (present.includes(bare)) return bare;
  return packed && present.includes(`${name}.zstd`) ? `${name}.zstd` : null;
}
const isPackedTwin = (name: string, found: readonly (string | null)[]): boolean =>
  found.some((other) => other !== null && (`${other}.zstd` === name || other === `${name}.zstd`));

function withoutMetadata(folder: string, present: readonly string[], doubt: string | null): FolderPlan {
  const files = present.filter(
    (name) => !present.includes(name.replace(/\.(zstd|lz4)$/, "")) || !/\.(zstd|lz4)$/.test(name),
  );
  return {
    files: files.map((name) => join(folder, name)),
    missing: [],
    messageCompression: "",
    counts: new Map(),
    messages: -1,
    doubt,
  };
}
function readMetadata(path: string): Result<z.infer<typeof information>, string> {
  try {
    if (statSync(path).size > MAX_METADATA_BYTES) return err("metadata.yaml is too large to be one");
    const parsed = information.safeParse(parse(readFileSync(path, "utf8"), { maxAliasCount: 100 }));
    return parsed.success
      ? ok(parsed.data)
      : err(`metadata.yaml is not readable: ${parsed.error.issues[0]?.message ?? ""}`);
  } catch (cause) {
    return err(`metadata.yaml is not readable: ${(cause as Error).message}`);
  }
}
/** bag_10 after bag_9. */
const byNumber = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });
