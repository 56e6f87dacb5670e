import { readFileSync } from "node:fs";
import { runCli } from "./cli/cli.ts";
import type { Io } from "./cli/command.ts";
import { COMMANDS } from "./cli/registry.ts";

const io: Io = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  interactive: process.stdout.isTTY === true,
  columns: process.stdout.columns || 100,
  cwd: process.cwd(),
  env: process.env,
};
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

// A reader that closes the pipe early (head, less) is no mistake of ours.
process.stdout.on("error", (cause: NodeJS.ErrnoException) => process.exit(cause.code === "EPIPE" ? 0 : 3));

process.exitCode = await runCli(process.argv.slice(2), COMMANDS, version, io);
