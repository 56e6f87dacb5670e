import { err, ok, type Result } from "../../core/base/result.ts";

/** `from` may be a name in any spelling; `node` limits the rule to one node, as `node:from:=to` does. */
export interface RosRemap {
  readonly node?: string;
  readonly from: string;
  readonly to: string;
}
/** Where a name is looked at from. */
export interface RosNameSpace {
  readonly node: string;
  /** "/" or "/cell_1"; a missing leading slash is added */
  readonly namespace?: string;
  readonly remaps?: readonly RosRemap[];
}
/** The DDS name that a ROS name is carried under. */
export type RosNameKind = "topic" | "request" | "reply";

const PREFIXES: Readonly<Record<RosNameKind, string>> = { topic: "rt", request: "rq", reply: "rr" };
const SUFFIXES: Readonly<Record<RosNameKind, string>> = { topic: "", request: "Request", reply: "Reply" };
const TOKEN = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** DDS topic names are bounded; ROS takes the prefix off this. */
const MAX_NAME = 247;

/**
 * The one full spelling of a topic, service or node name: absolute, substitutions and remaps done, no
 * trailing slash. Two spellings name the same thing exactly when their full spellings are equal, which is
 * what the gate's default deny is decided on.
 */
export function resolveRosName(name: string, space: RosNameSpace): Result<string, string> {
  const full = expand(name, space);
  if (!full.ok) return full;
  for (const remap of space.remaps ?? []) {
    if (remap.node !== undefined && remap.node !== space.node) continue;
    const from = expand(remap.from, space);
    if (!from.ok) return err(`remap of "${remap.from}": ${from.error}`);
    if (from.value === full.value) return expand(remap.to, space);
  }
  return full;
}

function expand(name: string, space: RosNameSpace): Result<string, string> {
  const namespace = absolute(space.namespace ?? "/");
  const here = join(namespace, space.node);
  const text = name
    .replaceAll("{node}", space.node)
    .replaceAll("{ns}", namespace)
    .replaceAll("{namespace}", namespace)
    .replace(/(?<=.)\/$/, "");
  if (text === "~") return checked(here, name);
  if (text.startsWith("~/")) return checked(join(here, text.slice(2)), name);
  if (text.startsWith("/")) return checked(text, name);
  return checked(join(namespace, text), name);
}
const absolute = (namespace: string): string => {
  const bare = namespace.replace(/^\/+|\/+$/g, "");
  return bare === "" ? "/" : `/${bare}`;
};
const join = (parent: string, child: string): string => (parent === "/" ? `/${child}` : `${parent}/${child}`);

/** A name that ROS itself would refuse is a mistake of the deployment, never a guess of ours. */
function checked(full: string, written: string): Result<string, string> {
  if (written === "") return err("a name is empty");
  if (full.length > MAX_NAME) return err(`"${written.slice(0, 40)}…" is longer than ${MAX_NAME} characters`);
  const tokens = full.slice(1).split("/");
  for (const token of tokens) {
    if (token === "") return err(`"${written}" has an empty part`);
    if (!TOKEN.test(token))
      return err(`"${written}" has a part "${token}" that is not letters, digits and _`);
    if (token.includes("__")) return err(`"${written}" has two underscores in a row`);
  }
  return ok(full);
}

/** `/arm/cmd` → `rt/arm/cmd`; `/arm/reset` as a request → `rq/arm/resetRequest`. */
export const ddsNameOf = (full: string, kind: RosNameKind): string =>
  `${PREFIXES[kind]}${full}${SUFFIXES[kind]}`;

/** The ROS name behind a DDS topic, or null for topics that are not ROS. */
export function rosNameOf(ddsName: string): { readonly kind: RosNameKind; readonly name: string } | null {
  for (const kind of ["topic", "request", "reply"] as const) {
    const head = `${PREFIXES[kind]}/`;
    if (!ddsName.startsWith(head) || !ddsName.endsWith(SUFFIXES[kind])) continue;
    return { kind, name: ddsName.slice(head.length - 1, ddsName.length - SUFFIXES[kind].length) };
  }
  return null;
}

/** `from:=to` and `node:from:=to`, as on the command line of a ROS node. */
export function parseRosRemap(text: string): Result<RosRemap, string> {
  const [left, to, ...rest] = text.split(":=");
  if (left === undefined || left === "" || to === undefined || to === "" || rest.length > 0)
    return err(`"${text}" is not from:=to`);
  const colon = left.indexOf(":");
  if (colon < 0) return ok({ from: left, to });
  return ok({ node: left.slice(0, colon), from: left.slice(colon + 1), to });
}
