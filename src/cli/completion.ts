import { type Chapter, type Command, command, EXIT, UserError } from "./command.ts";
import type { Option } from "./options/index.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** Prints a script that makes a shell complete commands, options and their values; made from the declarations. */
export const completionCommand = (chapters: () => readonly Chapter[]): Command =>
  command({
    words: ["completion"],
    summary: "print what a shell needs to complete commands and options: bash, zsh or fish",
    takes: SHELLS.join("|"),
    example: "cellgate completion bash > ~/.local/share/bash-completion/completions/cellgate",
    options: {},
    async run({ positionals: [shell] }, io) {
      const all = chapters().flatMap(({ commands }) => commands);
      if (shell === "bash") io.out(bashScript(all));
      else if (shell === "zsh") io.out(zshScript(all));
      else if (shell === "fish") io.out(fishScript(all));
      else throw new UserError("which shell?", `name one of ${SHELLS.join(", ")}`);
      return EXIT.ok;
    },
  });

/** One place of the command line: what may come next there. */
interface Place {
  /** "ledger verify"; "" at the beginning */
  readonly words: string;
  /** words that go on to a longer command, with their summaries */
  readonly next: ReadonlyMap<string, string>;
  /** the command that is named by exactly these words */
  readonly command: Command | null;
}
function placesOf(commands: readonly Command[]): Place[] {
  const places = new Map<string, { next: Map<string, string>; command: Command | null }>();
  const at = (words: string) => {
    const place = places.get(words) ?? { next: new Map(), command: null };
    places.set(words, place);
    return place;
  };
  for (const one of commands) {
    one.words.forEach((word, i) => {
      const whole = i === one.words.length - 1;
      const { next } = at(one.words.slice(0, i).join(" "));
      if (whole || !next.has(word)) next.set(word, whole ? one.summary : `${word} …`);
    });
    at(one.words.join(" ")).command = one;
  }
  return [...places].map(([words, place]) => ({ words, ...place }));
}
const optionsOf = ({ command: one }: Place): [string, Option<unknown>][] =>
  Object.entries(one?.options ?? {});
/** Words that stand for themselves in the place of what a command takes: gz|mjcf|json. */
function takenWords(takes: string): readonly string[] | "files" {
  const words = takes.split("|");
  return words.every((word) => /^[a-z0-9]+$/.test(word)) ? words : "files";
}

/** Between single quotes, in any of the three shells. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const fishQuoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** The place is found by walking along the words; `case` instead of tables, for the bash 3 of macOS. */
function bashScript(commands: readonly Command[]): string {
  const places = placesOf(commands);
  const next = places
    .filter((place) => place.next.size > 0)
    .map((place) => `    ${quoted(place.words)}) echo ${quoted([...place.next.keys()].join(" "))} ;;`);
  const options = places
    .filter((place) => place.command !== null)
    .map(
      (place) =>
        `    ${quoted(place.words)}) echo ${quoted([...optionsOf(place).map(([name]) => `--${name}`), "--help"].join(" "))} ;;`,
    );
  const values = places.flatMap((place) =>
    optionsOf(place).flatMap(([name, { kind }]) => {
      if (kind === null) return [];
      const { completes } = kind;
      const words = typeof completes === "string" ? `@${completes}` : completes.join(" ");
      return [`    ${quoted(`${place.words} --${name}`)}) echo ${quoted(words)} ;;`];
    }),
  );
  const taken = places.flatMap(({ words, command: one }) => {
    if (one?.takes === undefined) return [];
    const what = takenWords(one.takes);
    return [`    ${quoted(words)}) echo ${quoted(what === "files" ? "@files" : what.join(" "))} ;;`];
  });
  const table = (name: string, lines: readonly string[]): string[] => [
    `${name}() {`,
    '  case "$1" in',
    ...lines,
    "  esac",
    "}",
  ];
  return [
    "# cellgate completion bash: made by cellgate from its own declarations",
    ...table("_cellgate_next", next),
    ...table("_cellgate_options", options),
    ...table("_cellgate_value", values),
    ...table("_cellgate_takes", taken),
    BASH_WALK,
  ].join("\n");
}
const BASH_WALK = `_cellgate() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local at="" word i offer=""
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case " $(_cellgate_next "$at") " in
      *" $word "*) at="\${at:+$at }$word" ;;
      *) break ;;
    esac
  done
  case "$prev" in
    --*) offer=$(_cellgate_value "$at $prev") ;;
  esac
  if [[ -z $offer ]]; then
    case "$cur" in
      -*) offer=$(_cellgate_options "$at") ;;
      *)
        if ((i >= COMP_CWORD)); then offer=$(_cellgate_next "$at"); fi
        offer="$offer $(_cellgate_takes "$at")"
        ;;
    esac
  fi
  COMPREPLY=()
  case " $offer " in
    *" @nothing "*) return ;;
    *" @files "*) COMPREPLY=($(compgen -f -- "$cur")); compopt -o filenames 2>/dev/null ;;
    *" @folders "*) COMPREPLY=($(compgen -d -- "$cur")); compopt -o filenames 2>/dev/null ;;
  esac
  COMPREPLY+=($(compgen -W "\${offer//@[a-z]*/}" -- "$cur"))
}
complete -F _cellgate cellgate`;

function zshScript(commands: readonly Command[]): string {
  const entry = (word: string, summary: string): string =>
    quoted(`${word.replaceAll(":", "\\:")}:${summary}`);
  const cases = placesOf(commands).map((place) => {
    const next = [...place.next].map(([word, summary]) => entry(word, summary));
    const options = optionsOf(place).map(([name, { help }]) => entry(`--${name}`, help));
    const taken = place.command?.takes === undefined ? null : takenWords(place.command.takes);
    const values = optionsOf(place).flatMap(([name, { kind }]) => {
      if (kind === null) return [];
      const { completes } = kind;
      const act =
        completes === "files"
          ? "_files"
          : completes === "folders"
            ? "_files -/"
            : completes === "nothing"
              ? "_message value"
              : `compadd -- ${completes.map(quoted).join(" ")}`;
      return [`        --${name}) ${act}; return ;;`];
    });
    return [
      `    (${quoted(place.words)})`,
      ...(values.length === 0 ? [] : ['      case "$words[CURRENT-1]" in', ...values, "      esac"]),
      ...(next.length === 0 ? [] : [`      next=(${next.join(" ")})`]),
      ...(place.command === null
        ? []
        : [`      options=(${[...options, entry("--help", "explains the command")].join(" ")})`]),
      ...(taken === "files"
        ? ["      takes=files"]
        : taken === null
          ? []
          : [`      next+=(${taken.map((word) => entry(word, word)).join(" ")})`]),
      "      ;;",
    ].join("\n");
  });
  const known = placesOf(commands)
    .filter(({ words }) => words !== "")
    .map(({ words }) => quoted(words));
  return [
    "#compdef cellgate",
    "# cellgate completion zsh: made by cellgate from its own declarations",
    "_cellgate() {",
    "  local at='' takes='' i",
    "  local -a next options known",
    `  known=(${known.join(" ")})`,
    "  for ((i = 2; i < CURRENT; i++)); do",
    '    if (( ${known[(Ie)${at:+$at }$words[i]]} )); then at="${at:+$at }$words[i]"; else break; fi',
    "  done",
    '  case "$at" in',
    ...cases,
    "  esac",
    '  if [[ "$words[CURRENT]" == -* ]]; then _describe option options; return; fi',
    "  (( i < CURRENT )) || (( ! ${#next} )) || _describe command next",
    '  [[ "$takes" != files ]] || _files',
    "}",
    'if [[ "$funcstack[1]" == _cellgate ]]; then _cellgate "$@"; else compdef _cellgate cellgate; fi',
  ].join("\n");
}

function fishScript(commands: readonly Command[]): string {
  const lines = placesOf(commands).flatMap((place) => {
    const here = `-n ${fishQuoted(`__cellgate_at ${fishQuoted(place.words)}`)}`;
    const next = [...place.next].map(
      ([word, summary]) => `complete -c cellgate ${here} -f -a ${fishQuoted(word)} -d ${fishQuoted(summary)}`,
    );
    const options = optionsOf(place).map(([name, { kind, help }]) => {
      const option = `complete -c cellgate ${here} -l ${name} -d ${fishQuoted(help)}`;
      if (kind === null) return option;
      const { completes } = kind;
      if (completes === "files") return `${option} -r -F`;
      if (completes === "folders") return `${option} -x -a '(__fish_complete_directories)'`;
      return completes === "nothing" ? `${option} -x` : `${option} -x -a ${fishQuoted(completes.join(" "))}`;
    });
    const { command: one } = place;
    const taken = one?.takes === undefined ? null : takenWords(one.takes);
    if (taken === "files") options.push(`complete -c cellgate ${here} -F`);
    else if (taken !== null)
      options.push(`complete -c cellgate ${here} -f -a ${fishQuoted(taken.join(" "))}`);
    return [...next, ...options];
  });
  const known = placesOf(commands)
    .filter(({ words }) => words !== "")
    .map(({ words }) => fishQuoted(words));
  return [
    "# cellgate completion fish: made by cellgate from its own declarations",
    "function __cellgate_at",
    "  set -l at ''",
    `  set -l known ${known.join(" ")}`,
    "  for word in (commandline -opc)[2..-1]",
    '    set -l longer (string trim "$at $word")',
    "    if contains -- $longer $known; set at $longer; else; break; end",
    "  end",
    '  test "$at" = "$argv[1]"',
    "end",
    "complete -c cellgate -f",
    ...lines,
  ].join("\n");
}
