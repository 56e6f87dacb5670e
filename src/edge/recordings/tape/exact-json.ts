/**
 * JSON that gives back exactly what went in: −0, NaN and ±∞ become `{"$n":"…"}`, an object with a key of
 * that kind becomes `{"$o":[[key, value]…]}`. Everything else is plain JSON that any tool reads.
 */
export const exactJson = (value: unknown): string => JSON.stringify(value, mark);

export const parseExactJson = (text: string): unknown => JSON.parse(text, unmark);

function mark(_key: string, value: unknown): unknown {
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0) ? value : { $n: nameOf(value) };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return needsMark(value) ? { $o: Object.entries(value) } : value;
}
const nameOf = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));
/** The marks themselves never come back here: the serializer goes on with their members. */
const needsMark = (value: object): boolean => Object.hasOwn(value, "$n") || Object.hasOwn(value, "$o");

function unmark(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entry = value as { $n?: unknown; $o?: unknown };
  if (typeof entry.$n === "string" && Object.keys(value).length === 1) return Number(entry.$n);
  if (Array.isArray(entry.$o) && Object.keys(value).length === 1)
    return Object.fromEntries(entry.$o as [string, unknown][]);
  return value;
}
