import { parseArgs } from "node:util";
import { splitRosArguments } from "../node/deployment/index.ts";
import { type Command, type CommandInput, UserError } from "./command.ts";
import type { Option } from "./options/index.ts";

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

export const HELP_WORDS: readonly string[] = ["--help", "-h"];

/** The typed values of a command's options, or what is wrong with them. */
export function parseCommand(command: Command, rest: readonly string[], cwd: string): CommandInput {
  const { options } = command;
  const { own, ros } = splitRosArguments(rest);
  if (ros.length > 0 && command.ros !== true)
    throw new UserError("--ros-args is for `run` and `config check`", "leave it out");
  const types = Object.fromEntries(
    Object.entries(options).map(([name, { kind }]) => [
      name,
      { type: kind === null ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  const { tokens } = parseArgs({
    args: [...own],
    options: types,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name]! : null;
    if (option === null || token.rawName === `-${token.name}`)
      throw unknownOption(command, token.rawName, token.name);
    const texts = given.get(token.name) ?? [];
    given.set(token.name, [...texts, textOf(token, option)]);
  }
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) {
    const read = option.value(given.get(name) ?? [], name, cwd);
    if (!read.ok) throw new UserError(read.what, read.remedy);
    values[name] = read.value;
  }
  return { positionals, values, ros };
}

function textOf(
  {
    rawName,
    value,
    inlineValue,
  }: {
    readonly rawName: string;
    readonly value?: string | undefined;
    readonly inlineValue?: boolean | undefined;
  },
  option: Option<unknown>,
): string {
  if (option.kind === null) {
    if (value !== undefined) throw new UserError(`${rawName} takes no value`, `write ${rawName} alone`);
    return "";
  }
  // "--tape --json" forgot the value; "--tape=--json" means it
  const forgotten = value === undefined || (inlineValue !== true && /^--?[a-z]/.test(value));
  if (forgotten) throw new UserError(`${rawName} needs a value`, `write ${rawName} ${option.placeholder}`);
  return value;
}

function unknownOption(command: Command, raw: string, name: string): UserError {
  const words = command.words.join(" ");
  const renamed = Object.entries(command.options).find(([, { former }]) => former === name);
  if (renamed !== undefined)
    return new UserError(
      name === "data" ? `--data is a node's folder and nothing else` : `${raw} has another name now`,
      `write --${renamed[0]} ${renamed[1].placeholder} instead; see cellgate ${words} --help`,
    );
  const near = nearest(name, Object.keys(command.options));
  return new UserError(
    `no option ${raw}`,
    `${near === null ? "" : `did you mean --${near}? `}see cellgate ${words} --help`,
  );
}

/** The name that fingers meant: at most two letters wrong, missing, too many or in another order. */
export function nearest(typed: string, names: readonly string[]): string | null {
  const most = typed.length < 4 ? 1 : 2;
  const near = names
    .map((name) => ({ name, slips: name.startsWith(typed) && typed.length > 1 ? 1 : slips(typed, name) }))
    .filter((one) => one.slips <= most)
    .sort((a, b) => a.slips - b.slips);
  return near[0]?.name ?? null;
}
/** Edit distance in which two neighbours that changed places count once. */
function slips(a: string, b: string): number {
  const row = (length: number): number[] => Array.from({ length }, (_, i) => i);
  let [before, last] = [row(b.length + 1), row(b.length + 1)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(last[j]! + 1, next[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, before[j - 2]! + 1);
      next.push(least);
    }
    [before, last] = [last, next];
  }
  return last[b.length]!;
}
