/**
 * What a terminal or page could take for a command instead of a letter: C0 and C1 controls (line ends among
 * them), marks that turn the direction of writing, line and paragraph separators, halves of characters.
 */
const ACTIVE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** the same, without what our own lines are made of: line ends, tabs, colours */
const ACTIVE_IN_LINES =
  /\u001b\[[0-9;]*m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const COLOUR = /^\u001b\[[0-9;]*m$/;

const shown = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Text from outside as it may be shown: what would act is spelled out, one line stays one line. */
export const inert = (text: string): string => text.replace(ACTIVE, shown);

/** A line of our own making as it may be printed; JSON stays the same JSON. */
export const inertLines = (text: string): string =>
  text.replace(ACTIVE_IN_LINES, (found) => (COLOUR.test(found) ? found : shown(found)));

/** Every text in a value from outside, names of members too. */
export function inertData<T>(value: T): T {
  if (typeof value === "string") return inert(value) as T & string;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(inertData) as T & unknown[];
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [inert(name), inertData(member as unknown)]),
  ) as T & object;
}
