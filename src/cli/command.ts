import type { Options, Values } from "./options/index.ts";

export { EXIT, UserError } from "../core/base/user-error.ts";

/** One command of the command line: one file each, listed in registry.ts. */
export interface Command<O extends Options = Options> {
  /** words that name it: ["ledger", "verify"] */
  readonly words: readonly string[];
  /** one line for the list of commands */
  readonly summary: string;
  /** what follows the words beside options: "<deployment.yaml>"; absent: nothing */
  readonly takes?: string;
  /** true: takes what ROS hands over behind --ros-args */
  readonly ros?: true;
  /** a line that can be copied and run */
  readonly example: string;
  /** declared once: parsing, help, usage, reference and shell completion follow */
  readonly options: O;
  run(input: CommandInput<O>, io: Io): Promise<number>;
}
/** Declares a command, so that `run` gets the values of its own options, typed. */
export const command = <const O extends Options>(declared: Command<O>): Command<O> => declared;

/** Commands that belong together in the overview. */
export interface Chapter {
  readonly title: string;
  readonly commands: readonly Command[];
}

export interface CommandInput<O extends Options = Options> {
  readonly positionals: readonly string[];
  readonly values: Values<O>;
  /** the words behind --ros-args */
  readonly ros?: readonly string[];
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
