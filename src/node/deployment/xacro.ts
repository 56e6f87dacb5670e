import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import type { Problem } from "../../core/base/problem.ts";
import { err, ok, type Result } from "../../core/base/result.ts";

const LIMIT_MS = 20_000;
const LIMIT_BYTES = 4_000_000;
const WORDS = 300;

/** A robot description that is still to be expanded: by the program that ROS has for it, where it is installed. */
export function expandedXacro(path: string, name: string, key: string): Result<string, Problem> {
  const { status, stdout, stderr, error } = spawnSync("xacro", [path], {
    cwd: dirname(path),
    encoding: "utf8",
    timeout: LIMIT_MS,
    maxBuffer: LIMIT_BYTES,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT")
    return err({
      what: `${key}: ${name} is a xacro file, and the program xacro is not installed here`,
      remedy: "source ROS, or write what `xacro file > robot.urdf` gives and name that file",
    });
  if (error !== undefined || status !== 0)
    return err({
      what: `${key}: xacro ${name} failed: ${(error?.message ?? stderr).trim().slice(-WORDS)}`,
      remedy: "run it by hand; arguments and packages have to be found without any",
    });
  return ok(stdout);
}
