/** The little of XML that world files need. */
export interface Xml {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (Xml | string)[];
}

export const xml = (
  name: string,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: readonly (Xml | string | readonly Xml[])[]
): Xml => ({ name, attributes, children: children.flat() });

/** An element that holds only text: `<pose>1 2 3</pose>`. */
export const text = (name: string, value: string | number | boolean): Xml => xml(name, {}, String(value));
export const numbers = (values: Iterable<number>): string => [...values].map(short).join(" ");

/** Written so that reading gives the same number again, but without −0. */
const short = (value: number): string => String(value === 0 ? 0 : value);
const escaped = (value: string): string => value.replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`);

export function printXml(root: Xml): string {
  return `<?xml version="1.0"?>\n${print(root, "")}\n`;
}

function print({ name, attributes, children }: Xml, indent: string): string {
  const head = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
    .join("");
  if (children.length === 0) return `${indent}<${name}${head}/>`;
  const [only] = children;
  if (children.length === 1 && typeof only === "string")
    return `${indent}<${name}${head}>${escaped(only)}</${name}>`;
  const inner = children.map((child) =>
    typeof child === "string" ? escaped(child) : print(child, `${indent}  `),
  );
  return `${indent}<${name}${head}>\n${inner.join("\n")}\n${indent}</${name}>`;
}
