import { table } from "../core/base/table.ts";
import { parseArgs } from "node:util";
import { type Chapter, type Command, EXIT, UserError } from "./command.ts";
import { firstClause, wrapped } from "./wrap.ts";

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

/** Lines longer than this are hard to read, however wide the terminal is. */
const HELP_COLUMNS_MAX = 100;
const HELP_COLUMNS_MIN = 40;
const readable = (columns: number): number => Math.max(HELP_COLUMNS_MIN, Math.min(HELP_COLUMNS_MAX, columns));

/** Rows of two columns, the second wrapped into its own. */
function twoColumns(rows: readonly (readonly [string, string])[], columns: number, short: boolean): string[] {
  const left = Math.max(0, ...rows.map(([name]) => name.length)) + 4;
  return rows.flatMap(([name, words]) => {
    const text = short ? firstClause(words, columns - left) : words;
    return wrapped(`${`  ${name}`.padEnd(left)}${text}`, columns, left);
  });
}

/** what options of the same name take everywhere */
const TAKES: Readonly<Record<string, string>> = table({
  as: "NAME",
  because: "WHY",
  card: "FILE",
  count: "N",
  data: "DIR",
  deployment: "cell.yaml",
  kind: "KIND",
  out: "FILE",
  port: "PORT",
  reason: "TEXT",
  report: "FILE",
  seed: "N",
  shadow: "FILE",
  since: "TIME",
  speed: "1|max",
  tape: "FILE",
  threads: "N",
  type: "TYPE",
  until: "TIME",
  url: "URL",
});
/** What an option takes, as the line of usage says it: --for 20s. */
const valueOf = (name: string, usage: string): string =>
  new RegExp(`--${name} ([^\\s\\]]+)`).exec(usage)?.[1] ?? TAKES[name] ?? "VALUE";

export function commandHelp(command: Command, terminal: number): string {
  const columns = readable(terminal);
  const words = command.words.join(" ");
  const rows = Object.entries(command.options).map(
    ([name, o]) =>
      [`--${name}${o.type === "string" ? ` ${valueOf(name, command.usage)}` : ""}`, o.help] as const,
  );
  return [
    ...wrapped(`cellgate ${words}: ${command.summary}`, columns),
    "",
    // an option and its value stay on one line
    ...wrapped(
      `Usage:   cellgate ${words} ${command.usage.replace(/\[[^\]]*\]/g, keepTogether)}`.trimEnd(),
      columns,
      11,
    ),
    `Example: ${command.example}`,
    ...(rows.length > 0 ? ["", "Options:", ...twoColumns(rows, columns, false)] : []),
  ]
    .join("\n")
    .replaceAll(KEPT_BLANK, " ");
}
const KEPT_BLANK = "\u00a0";
const keepTogether = (text: string): string => text.replaceAll(" ", KEPT_BLANK);

const NOTICE = "an open safety layer for robot cells. Not a safety-rated device.";
const EXITS: readonly (readonly [string, string])[] = [
  [String(EXIT.ok), "done"],
  [String(EXIT.found), "a check ran and found something (verify, audit, --fail-on, refused promotion)"],
  [String(EXIT.usage), "wrong use: options, configuration, missing file"],
  [String(EXIT.failed), "the node could not do its work: port taken, ledger damaged, part missing"],
  [String(EXIT.interrupted), "interrupted by a signal after an orderly stop"],
];
const listed = (commands: readonly Command[], columns: number): string[] =>
  twoColumns(
    commands.map((c) => [c.words.join(" ").padEnd(LONGEST_NAME), c.summary]),
    columns,
    true,
  );
const LONGEST_NAME = 18;

export function overview(chapters: readonly Chapter[], version: string, terminal: number): string {
  const columns = readable(terminal);
  return [
    `cellgate ${version}: ${NOTICE}`,
    "",
    "Usage: cellgate <command> [options]        cellgate <command> --help",
    ...chapters.flatMap(({ title, commands }) => ["", `${title}:`, ...listed(commands, columns)]),
    "",
    "Exit codes:",
    ...twoColumns(EXITS, columns, false),
  ].join("\n");
}

/** The commands that begin with one word: all of `cellgate ledger …`. */
export const familyHelp = (family: readonly Command[], terminal: number): string =>
  [`cellgate ${family[0]!.words[0]} …`, "", ...listed(family, readable(terminal))].join("\n");
