/** What stands behind an option: how its value is written, read, explained and completed. */
export interface Kind<T> {
  /** what help shows in the value's place: --for 20s */
  readonly placeholder: string;
  /** one sentence for the reference: what may stand there */
  readonly meaning: string;
  /** the value, or what is wrong with the text and how to write it; `cwd` is where relative paths begin */
  read(text: string, cwd: string): Read<T>;
  readonly completes: Completes;
}
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  /** `what` follows `--name text`: "is no length of time" */
  | { readonly ok: false; readonly what: string; readonly remedy: string };
/** What a shell offers for it: names of files, of folders, one of these words, or nothing. */
export type Completes = "files" | "folders" | "nothing" | readonly string[];

export const good = <T>(value: T): Read<T> => ({ ok: true, value });
export const wrong = (what: string, remedy: string): Read<never> => ({ ok: false, what, remedy });

export interface Option<T> {
  /** null: a flag, which is there or not */
  readonly kind: Kind<unknown> | null;
  readonly help: string;
  readonly placeholder: string;
  /** may be given several times */
  readonly many: boolean;
  /** the command does nothing without it */
  readonly required: boolean;
  /** how it was spelled before; whoever writes it so is told the new spelling */
  readonly former: string | null;
  /** in words of the declaration: "default 20"; empty: none */
  readonly without: string;
  /** from the texts that were given, in their order */
  value(texts: readonly string[], name: string, cwd: string): Read<T>;
}
export type Options = Readonly<Record<string, Option<unknown>>>;
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};
