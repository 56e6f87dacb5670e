import { err, ok, type Result } from "../base/result.ts";
import { type Refusal, refusal } from "./refusal.ts";

/** Where relative and private names of a deployment begin. */
export interface NameSpace {
  readonly namespace: string;
  readonly node: string;
  readonly remaps: Readonly<Record<string, string>>;
}
const TOKEN = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The full name that ROS would give it: `~/x` below the node, `x` below the namespace, `/x` as it stands;
 * then remapped once. Everything that has two spellings (doubled or trailing slashes, other alphabets) is
 * refused, so that no spelling slips past a comparison.
 */
export function resolveName(name: string, space: NameSpace): Result<string, Refusal> {
  const full = expand(name, space);
  if (!full.ok) return full;
  for (const [from, to] of Object.entries(space.remaps)) {
    const source = expand(from, space);
    if (source.ok && source.value === full.value) return expand(to, space);
  }
  return full;
}

function expand(name: string, space: NameSpace): Result<string, Refusal> {
  const root = space.namespace === "/" ? "" : space.namespace;
  let full: string;
  if (name === "~") full = `${root}/${space.node}`;
  else if (name.startsWith("~/")) full = `${root}/${space.node}/${name.slice(2)}`;
  else full = name.startsWith("/") ? name : `${root}/${name}`;
  const tokens = full.slice(1).split("/");
  return tokens.every((token) => TOKEN.test(token)) ? ok(full) : err(refusal("NAME_INVALID", `"${name}"`));
}

/** Ids and names that are compared but not resolved: printable ASCII without spaces or quotes. */
export const isPlainName = (name: string): boolean => /^[A-Za-z0-9_.:@/+-]{1,256}$/.test(name);
