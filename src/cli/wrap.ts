const COLOUR = /\x1b\[[0-9;]*m/g;
const COLOUR_OR_CHARACTER = /\x1b\[[0-9;]*m|[\s\S]/gu;
const RESET = "\x1b[0m";

/** How many cells of a terminal a text takes; colours take none. */
export const widthOf = (text: string): number => [...text.replace(COLOUR, "")].length;

/** Lines of whole words; those after the first begin with `indent` blanks. A word that is too long stands alone. */
export function wrapped(text: string, columns: number, indent = 0): string[] {
  const lines: string[] = [];
  const begin = text.length - text.trimStart().length;
  const [first = "", ...words] = text.slice(begin).split(" ");
  let line = text.slice(0, begin) + first;
  for (const word of words) {
    const longer = `${line} ${word}`;
    if (widthOf(longer) <= columns) line = longer;
    else {
      lines.push(line);
      line = " ".repeat(indent) + word;
    }
  }
  return [...lines, line];
}

/** For a person at a terminal whole words on each line; for a program the line as it is. */
export const readable = (
  line: string,
  { interactive, columns }: { readonly interactive: boolean; readonly columns: number },
  indent: number,
): string[] => (interactive ? wrapped(line, columns, indent) : [line]);

/** Never longer than one line of the terminal: a picture that wraps cannot be drawn over. */
export function clipped(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  let room = columns - 1;
  let kept = "";
  for (const [part] of line.matchAll(COLOUR_OR_CHARACTER)) {
    if (!part.startsWith("\x1b") && room-- <= 0) break;
    kept += part;
  }
  return `${kept}${line.includes("\x1b") ? RESET : ""}…`;
}

const CLAUSE_CHARS_MIN = 20;
/** What of a text fits, cut where a clause ends, best at a colon or semicolon; the whole text where none does. */
export function firstClause(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  const endsAt = (pattern: RegExp): number | undefined =>
    [...text.matchAll(pattern)]
      .map((m) => m.index)
      .filter((at) => at <= columns && at >= CLAUSE_CHARS_MIN)
      .at(-1);
  const open = text.indexOf(" (");
  const comma = endsAt(/, | \(/g);
  const at = endsAt(/[:;] /g) ?? (open > 0 && comma !== undefined && comma > open ? open : comma);
  return at === undefined ? text : text.slice(0, at);
}
