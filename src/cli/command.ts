import type { ParseArgsConfig } from "node:util";

export { EXIT, UserError } from "../core/base/user-error.ts";

/** One command of the command line: one file each, listed in registry.ts. */
export interface Command {
  /** words that name it: ["ledger", "verify"] */
  readonly words: readonly string[];
  /** one line for the list of commands */
  readonly summary: string;
  /** what follows the words: "<deployment.yaml> [--for 20s]" */
  readonly usage: string;
  /** a line that can be copied and run */
  readonly example: string;
  readonly options: Readonly<Record<string, OptionHelp>>;
  run(input: CommandInput, io: Io): Promise<number>;
}
/** Commands that belong together in the overview. */
export interface Chapter {
  readonly title: string;
  readonly commands: readonly Command[];
}
export type OptionHelp = NonNullable<ParseArgsConfig["options"]>[string] & { readonly help: string };

export interface CommandInput {
  readonly positionals: readonly string[];
  /** parsed options; absent ones are undefined */
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
}

/** Where a command writes. Tests hand in their own. */
export interface Io {
  out(line: string): void;
  err(line: string): void;
  /** true when a person watches stdout */
  readonly interactive: boolean;
  readonly columns: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}
