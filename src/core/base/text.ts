import { isWellFormed } from "./utf8.ts";

const HALVES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** stands for half a character, as the Unicode standard wants it */
const REPLACEMENT = "\ufffd";

/** The text with each half of a surrogate pair replaced: whatever it was, it can be hashed and stored. */
export const wellFormed = (text: string): string =>
  isWellFormed(text) ? text : text.replace(HALVES, REPLACEMENT);

/** The first `max` characters (code points) of a text: well-formed, and no character is cut in half. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return wellFormed(text);
  let at = 0;
  for (let taken = 0; taken < max && at < text.length; taken++) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  return wellFormed(text.slice(0, at));
}
