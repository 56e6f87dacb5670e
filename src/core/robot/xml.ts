import { table } from "../base/table.ts";
import { err, ok, type Result } from "../base/result.ts";

/** The little of XML that robot descriptions use: elements and attributes. Text, DTDs and namespaces are not read. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
}

export const XML_BYTES_MAX = 4_000_000;
export const XML_DEPTH_MAX = 64;

const SKIP = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[[\s\S]*?\]\]>/y;
const TAG = /<(\/?)([A-Za-z_][\w:.-]*)((?:\s+[A-Za-z_][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const ATTRIBUTE = /([A-Za-z_][\w:.-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;
const ENTITIES: Readonly<Record<string, string>> = table({
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
});

interface Open {
  name: string;
  attributes: ReadonlyMap<string, string>;
  children: XmlElement[];
}

export function readXml(text: string): Result<XmlElement, string> {
  if (text.length > XML_BYTES_MAX) return err(`longer than ${XML_BYTES_MAX} characters`);
  const root: Open = { name: "", attributes: new Map(), children: [] };
  const open: Open[] = [root];
  let at = text.indexOf("<");
  while (at >= 0) {
    SKIP.lastIndex = at;
    TAG.lastIndex = at;
    if (SKIP.test(text)) at = SKIP.lastIndex;
    else {
      const tag = TAG.exec(text);
      const wrong = tag === null ? "not a tag that is read here" : take(tag, open);
      if (wrong !== null) return err(`line ${lineOf(text, at)}: ${wrong}`);
      at = TAG.lastIndex;
    }
    at = text.indexOf("<", at);
  }
  if (open.length !== 1) return err(`<${open[open.length - 1]!.name}> is never closed`);
  const [only, ...more] = root.children;
  return only === undefined || more.length > 0
    ? err(`expected one root element, got ${root.children.length}`)
    : ok(only);
}

/** One tag; the words say what is wrong with it. */
function take(tag: RegExpExecArray, open: Open[]): string | null {
  const [, closing, name = "", attributes = "", selfClosing] = tag;
  const top = open[open.length - 1]!;
  if (closing === "/") {
    if (open.length === 1 || top.name !== name) return `</${name}> closes <${top.name}>`;
    open.pop();
    return null;
  }
  if (open.length > XML_DEPTH_MAX) return `nested deeper than ${XML_DEPTH_MAX}`;
  const element: Open = { name, attributes: readAttributes(attributes), children: [] };
  top.children.push(element);
  if (selfClosing !== "/") open.push(element);
  return null;
}

function readAttributes(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name = "", double, single] of text.matchAll(ATTRIBUTE))
    found.set(
      name,
      (double ?? single ?? "").replace(/&(\w+);/g, (whole, entity: string) => ENTITIES[entity] ?? whole),
    );
  return found;
}

const lineOf = (text: string, at: number): number => text.slice(0, at).split("\n").length;
