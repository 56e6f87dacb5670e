import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const ENDINGS = /\.(mcap|db3)$/;
const MAX_DEPTH = 8;

/**
 * The recordings that a path means: a file or a rosbag2 folder is one; any other folder stands for those below it,
 * in the order of their names.
 */
export function recordingsBelow(path: string, depth = 0): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory() !== true) return depth === 0 || ENDINGS.test(path) ? [path] : [];
  if (existsSync(join(path, "metadata.yaml"))) return [path];
  if (depth > MAX_DEPTH) return [];
  return readdirSync(path)
    .sort()
    .flatMap((name) => recordingsBelow(join(path, name), depth + 1));
}
