import { type Document, isScalar, LineCounter, parseDocument, visit } from "yaml";

/** What is wrong with a text, and where. */
export interface YamlFault {
  readonly offset: number;
  readonly message: string;
}
export type BoundedYaml =
  | { readonly ok: true; readonly document: Document; readonly raw: unknown; readonly lines: LineCounter }
  | { readonly ok: false; readonly faults: readonly YamlFault[]; readonly lines: LineCounter };

/** Far more than any file that a person writes; reading grows faster than the text. */
export const YAML_CHARACTERS_MAX = 262_144;
const DEPTH_MAX = 64;
const ALIASES_MAX = 100;
const FAULTS_MAX = 20;

/**
 * Reads YAML that somebody handed over: bounded in length, depth and aliases, every key once, and only values that a
 * canonical text can carry. Never throws.
 */
export function boundedYaml(text: string): BoundedYaml {
  const lines = new LineCounter();
  const fault = (offset: number, message: string): BoundedYaml => ({
    ok: false,
    faults: [{ offset, message }],
    lines,
  });
  lines.addNewLine(0);
  if (text.length > YAML_CHARACTERS_MAX)
    return fault(0, `${text.length} characters, at most ${YAML_CHARACTERS_MAX} are read`);
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) lines.addNewLine(i + 1);
  const deep = tooDeep(text);
  if (deep >= 0) return fault(deep, `nested deeper than ${DEPTH_MAX}`);
  try {
    // keys are compared below: the library compares each with each
    const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false });
    const faults = document.errors.slice(0, FAULTS_MAX).map((e) => ({
      offset: e.pos[0],
      message: `${e.message}; often a comma, colon or bracket is missing just before`,
    }));
    if (faults.length === 0) faults.push(...faultsOf(document));
    if (faults.length > 0) return { ok: false, faults, lines };
    return { ok: true, document, raw: document.toJS({ maxAliasCount: ALIASES_MAX }), lines };
  } catch (cause) {
    return fault(0, (cause as Error).message);
  }
}

/** Where brackets or list marks stand deeper than any file needs; −1: nowhere. What is quoted counts too. */
function tooDeep(text: string): number {
  let brackets = 0;
  let marks = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === "[" || c === "{") brackets++;
    else if (c === "]" || c === "}") brackets = Math.max(0, brackets - 1);
    const mark =
      (c === "-" || c === "?" || c === ":" || c === "&" || c === "!") && /\s|^$/.test(text[i + 1] ?? "");
    if (c === "\n") marks = 0;
    else if (mark) marks++;
    if (brackets > DEPTH_MAX || marks > DEPTH_MAX * DEPTH_MAX) return i;
    if (mark && marks > DEPTH_MAX && brackets === 0) return i;
  }
  return -1;
}

function faultsOf(document: Document): YamlFault[] {
  const faults: YamlFault[] = [];
  const add = (range: readonly number[] | null | undefined, message: string): symbol | undefined => {
    faults.push({ offset: range?.[0] ?? 0, message });
    return faults.length >= FAULTS_MAX ? visit.BREAK : undefined;
  };
  const anchors = new Set<string>();
  let aliases = 0;
  const mark = (anchor: string | undefined): void => {
    if (anchor !== undefined) anchors.add(anchor);
  };
  visit(document, {
    Seq: (_, list) => mark(list.anchor),
    Alias(_, node) {
      if (!anchors.has(node.source))
        return add(node.range, `there is no anchor "${node.source}" before this`);
      return ++aliases > ALIASES_MAX ? add(node.range, `more than ${ALIASES_MAX} aliases`) : undefined;
    },
    Map(_, map) {
      mark(map.anchor);
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) return add(map.range, "a key is more than a word");
        const name = String(key.value);
        if (seen.has(name)) return add(key.range, `Map keys must be unique: "${name}"`);
        seen.add(name);
      }
      return undefined;
    },
    Scalar(_, { value, range, anchor }) {
      mark(anchor);
      if (typeof value === "number" && Object.is(value, -0)) return add(range, "-0: write 0");
      if (typeof value === "number" && !Number.isFinite(value)) return add(range, "not a finite number");
      if (typeof value === "string" && !value.isWellFormed()) return add(range, "holds half of a character");
      return undefined;
    },
  });
  return faults;
}
