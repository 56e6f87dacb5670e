import { type Chapter, type Command, EXIT } from "./command.ts";
import type { Option } from "./options/index.ts";
import { firstClause, wrapped } from "./wrap.ts";

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

/** An option as it is written: --for 20s. */
const spelled = (name: string, { kind, placeholder }: Option<unknown>): string =>
  kind === null ? `--${name}` : `--${name} ${placeholder}`;
/** What it does, and what holds without it. */
const explained = ({ help, without }: Option<unknown>): string =>
  without === "" ? help : `${help} (${without})`;

/** What follows the words of a command: what it takes, then options, needed ones first. */
function usageOf({ takes, options }: Command): string[] {
  const all = Object.entries(options);
  const needed = all.filter(([, o]) => o.required).map(([name, o]) => spelled(name, o));
  const rest = all
    .filter(([, o]) => !o.required)
    .map(([name, o]) => `[${spelled(name, o)}]${o.many ? "…" : ""}`);
  return [...(takes === undefined ? [] : [takes]), ...needed, ...rest];
}

export function commandHelp(command: Command, terminal: number): string {
  const columns = readable(terminal);
  const words = command.words.join(" ");
  const rows = Object.entries(command.options).map(([name, o]) => [spelled(name, o), explained(o)] as const);
  // an option and its value stay on one line
  const usage = usageOf(command).map((part) =>
    part.includes("--") ? part.replaceAll(" ", KEPT_BLANK) : part,
  );
  return [
    ...wrapped(`cellgate ${words}: ${command.summary}`, columns),
    "",
    ...wrapped(["Usage:  ", "cellgate", words, ...usage].join(" "), columns, 11),
    `Example: ${command.example}`,
    ...(rows.length > 0 ? ["", "Options:", ...twoColumns(rows, columns, false)] : []),
  ]
    .join("\n")
    .replaceAll(KEPT_BLANK, " ");
}
const KEPT_BLANK = "\u00a0";

const NOTICE = "an open safety layer for robot cells. Not a safety-rated device.";
const EXITS: readonly (readonly [string, string])[] = [
  [String(EXIT.ok), "done"],
  [String(EXIT.found), "a check ran and found something (verify, audit, --fail-on, refused promotion)"],
  [String(EXIT.usage), "wrong use: options, configuration, missing file"],
  [String(EXIT.failed), "the node could not do its work: port taken, ledger damaged, part missing"],
  [String(EXIT.unanchored), "the ledger agrees with itself, but with nothing kept elsewhere (ledger verify)"],
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

/** A cell of a Markdown table. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
function optionRow([name, option]: [string, Option<unknown>]): string {
  const meaning = option.kind === null ? "" : option.kind.meaning;
  const when = [
    ...(option.required ? ["needed"] : []),
    ...(option.many ? ["may be given several times"] : []),
    ...(option.without === "" ? [] : [option.without]),
  ].join("; ");
  return `| \`${spelled(name, option).replaceAll("|", "\\|")}\` | ${cell(option.help)} | ${cell(meaning)} | ${cell(when)} |`;
}

/** Every command and option as one page of Markdown. */
export const reference = (chapters: readonly Chapter[], version: string): string =>
  [
    "# Commands",
    "",
    `Made by \`cellgate help --reference\` of cellgate ${version}: ${NOTICE}`,
    ...chapters.flatMap(({ title, commands }) => [
      "",
      `## ${title}`,
      ...commands.flatMap((command) => [
        "",
        `### cellgate ${command.words.join(" ")}`,
        "",
        `${command.summary[0]!.toUpperCase()}${command.summary.slice(1)}.`,
        "",
        "```text",
        `cellgate ${[...command.words, ...usageOf(command)].join(" ")}`,
        "```",
        "",
        `Example: \`${command.example}\``,
        ...(Object.keys(command.options).length === 0
          ? []
          : [
              "",
              "| Option | What it does | Value | |",
              "| --- | --- | --- | --- |",
              ...Object.entries(command.options).map(optionRow),
            ]),
      ]),
    ]),
    "",
    "## Exit codes",
    "",
    "| Code | Meaning |",
    "| --- | --- |",
    ...EXITS.map(([code, meaning]) => `| ${code} | ${cell(meaning)} |`),
  ].join("\n");
