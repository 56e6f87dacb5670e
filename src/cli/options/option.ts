import { type Kind, good, type Option, type Read, wrong } from "./kind.ts";

interface More {
  /** what help shows instead of the kind's own placeholder */
  readonly as?: string;
  /** the spelling of earlier versions */
  readonly former?: string;
}

function readOne<T>(kind: Kind<T>, text: string, name: string, cwd: string): Read<T> {
  const read = kind.read(text, cwd);
  return read.ok ? read : wrong(`--${name} ${text} ${read.what}`, read.remedy);
}
const base = <T>(kind: Kind<T>, help: string, more: More) => ({
  kind,
  help,
  placeholder: more.as ?? kind.placeholder,
  many: false,
  required: false,
  former: more.former ?? null,
  without: "",
});

/** May be left out: undefined. */
export const optional = <T>(kind: Kind<T>, help: string, more: More = {}): Option<T | undefined> => ({
  ...base(kind, help, more),
  value: (texts, name, cwd) =>
    texts.length === 0 ? good(undefined) : readOne(kind, texts.at(-1)!, name, cwd),
});
/** May be left out; then it is as if `text` had been given. */
export const withDefault = <T>(
  kind: Kind<T>,
  text: string,
  help: string,
  more: More & { readonly without?: string } = {},
): Option<T> => ({
  ...base(kind, help, more),
  without: more.without ?? `default ${text}`,
  value: (texts, name, cwd) => readOne(kind, texts.at(-1) ?? text, name, cwd),
});
/** Nothing is done without it. */
export const required = <T>(
  kind: Kind<T>,
  help: string,
  more: More & { readonly missing: string; readonly remedy: string },
): Option<T> => ({
  ...base(kind, help, more),
  required: true,
  value: (texts, name, cwd) =>
    texts.length === 0 ? wrong(more.missing, more.remedy) : readOne(kind, texts.at(-1)!, name, cwd),
});
/** May be given several times; none: empty. */
export const several = <T>(kind: Kind<T>, help: string, more: More = {}): Option<readonly T[]> => ({
  ...base(kind, help, more),
  many: true,
  value(texts, name, cwd) {
    const values: T[] = [];
    for (const text of texts) {
      const read = readOne(kind, text, name, cwd);
      if (!read.ok) return read;
      values.push(read.value);
    }
    return good(values);
  },
});
/** There or not. */
export const flag = (help: string): Option<boolean> => ({
  kind: null,
  help,
  placeholder: "",
  many: false,
  required: false,
  former: null,
  without: "",
  value: (texts) => good(texts.length > 0),
});
