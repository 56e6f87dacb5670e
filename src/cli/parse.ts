import { parseArgs } from "node:util";
import { type Command, EXIT, UserError } from "./command.ts";

export interface Chosen {
  readonly command: Command;
  readonly rest: readonly string[];
}

/** The command whose words match the most of argv's beginning. */
export function chooseCommand(commands: readonly Command[], argv: readonly string[]): Chosen | null {
  let best: Command | null = null;
  for (const command of commands)
    if (
      command.words.every((word, i) => argv[i] === word) &&
      command.words.length > (best?.words.length ?? 0)
    )
      best = command;
  return best === null ? null : { command: best, rest: argv.slice(best.words.length) };
}

export function parseCommand(command: Command, rest: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, help: { type: "boolean" as const, short: "h", help: "" } }).map(
      ([name, { help: _, ...spec }]) => [name, spec],
    ),
  );
  try {
    return parseArgs({ args: [...rest], options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new UserError(
      (cause as Error).message.split(". ")[0]!,
      `see cellgate ${command.words.join(" ")} --help`,
    );
  }
}

export function commandHelp(command: Command): string {
  const words = command.words.join(" ");
  const rows = Object.entries(command.options).map(([name, o]) => {
    const left = `  --${name}${o.type === "string" ? " <value>" : ""}`;
    return `${left.padEnd(26)} ${o.help}`;
  });
  return [
    `cellgate ${words}: ${command.summary}`,
    "",
    `Usage:   cellgate ${words} ${command.usage}`.trimEnd(),
    `Example: ${command.example}`,
    ...(rows.length > 0 ? ["", "Options:", ...rows] : []),
  ].join("\n");
}

export function overview(commands: readonly Command[], version: string): string {
  const rows = commands.map((c) => `  ${c.words.join(" ").padEnd(18)} ${c.summary}`);
  return [
    `cellgate ${version}: an open safety layer for robot cells. Not a safety-rated device.`,
    "",
    "Usage: cellgate <command> [options]        cellgate <command> --help",
    "",
    ...rows,
    "",
    "Exit codes:",
    `  ${EXIT.ok}    done`,
    `  ${EXIT.found}    a check ran and found something (verify, audit, --fail-on, refused promotion)`,
    `  ${EXIT.usage}    wrong use: options, configuration, missing file`,
    `  ${EXIT.failed}    the node could not do its work: port taken, ledger damaged, part missing`,
    `  ${EXIT.interrupted}  interrupted by a signal after an orderly stop`,
  ].join("\n");
}
