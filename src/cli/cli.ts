import { inertLines } from "../core/base/inert.ts";
import { type Command, EXIT, type Io, UserError } from "./command.ts";
import { commandHelp, familyHelp, overview, reference } from "./help.ts";
import { chooseCommand, HELP_WORDS, parseCommand } from "./parse.ts";
import { CHAPTERS } from "./registry.ts";
import { readable } from "./wrap.ts";

/** Runs one command line. Mistakes that a person can mend come out as words; ours come out with a stack. */
export async function runCli(
  argv: readonly string[],
  commands: readonly Command[],
  version: string,
  io: Io,
): Promise<number> {
  const first = argv[0];
  if (first === "--version" || first === "version") {
    io.out(version);
    return EXIT.ok;
  }
  if (first === undefined || first === "--help" || first === "-h" || first === "help")
    return help(argv.slice(1), commands, version, io);
  const chosen = chooseCommand(commands, argv);
  if (chosen === null) return unknown(argv, commands, io);
  try {
    if (chosen.rest.some((word) => HELP_WORDS.includes(word))) {
      io.out(commandHelp(chosen.command, io.columns));
      return EXIT.ok;
    }
    return await chosen.command.run(parseCommand(chosen.command, chosen.rest, io.cwd), inertIo(io));
  } catch (cause) {
    const known = cause instanceof UserError ? cause : damagedDatabase(cause);
    if (known === null) throw cause;
    const said = `cellgate ${chosen.command.words.join(" ")}: ${known.message}`;
    for (const line of said.split("\n")) for (const part of readable(inertLines(line), io, 4)) io.err(part);
    return known.exitCode;
  }
}

/** Whatever a command prints, no terminal is given commands but our own colours. */
const inertIo = (io: Io): Io => ({
  ...io,
  out: (line) => io.out(inertLines(line)),
  err: (line) => io.err(inertLines(line)),
});

/** Every command that reads the ledger may meet a file that is no longer one; null: something else went wrong. */
function damagedDatabase(cause: unknown): UserError | null {
  const { code, message } = cause as { code?: unknown; message?: string };
  if (typeof code !== "string" || !/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return null;
  return new UserError(
    `a file of the ledger is damaged: ${message}`,
    "`cellgate ledger verify` names it; restore it from a copy, it is evidence",
    EXIT.failed,
  );
}

function help(words: readonly string[], commands: readonly Command[], version: string, io: Io): number {
  const chosen = words.length > 0 ? chooseCommand(commands, words) : null;
  const family = familyOf(words[0], commands);
  if (words[0] === "--reference") io.out(reference(CHAPTERS, version));
  else if (chosen !== null) io.out(commandHelp(chosen.command, io.columns));
  else if (family.length > 0) io.out(familyHelp(family, io.columns));
  else io.out(overview(CHAPTERS, version, io.columns));
  return EXIT.ok;
}

const familyOf = (word: string | undefined, commands: readonly Command[]): Command[] =>
  commands.filter((c) => c.words[0] === word);

function unknown(argv: readonly string[], commands: readonly Command[], io: Io): number {
  const family = familyOf(argv[0], commands);
  if (family.length > 0 && (argv[1] === "--help" || argv[1] === "-h")) return help(argv, commands, "", io);
  if (family.length > 0) {
    io.err(
      `cellgate ${argv[0]}: one of ${family.map((c) => c.words.slice(1).join(" ")).join(", ")}\n  → see cellgate ${argv[0]} --help`,
    );
    return EXIT.usage;
  }
  const typed = argv[0]!;
  const sorted = (word: string): string => [...word].sort().join("");
  // what fingers do on a keyboard: letters in another order, or a wrong end
  const sameLetters = ({ words }: Command): boolean => sorted(words[0]!) === sorted(typed);
  const sameStart = ({ words }: Command): boolean => words[0]!.startsWith(typed.slice(0, 3));
  const near = commands.find(sameLetters) ?? commands.find(sameStart);
  io.err(
    `cellgate: no command "${argv[0]}"\n  → ${near === undefined ? "see cellgate --help" : `did you mean "${near.words.join(" ")}"? see cellgate --help`}`,
  );
  return EXIT.usage;
}
