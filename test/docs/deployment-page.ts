import { cellOf, table } from "./markdown.ts";

interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node | false;
  readonly prefixItems?: readonly Node[];
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}
interface Row {
  readonly key: string;
  readonly value: string;
  readonly without: string;
  readonly what: string;
}
const quoted = (value: unknown): string => `\`${JSON.stringify(value)}\``;
const BIG = 1e15;

function valueOf(node: Node): string {
  if (node.const !== undefined) return quoted(node.const);
  if (node.enum !== undefined) return node.enum.map(quoted).join(", ");
  const choices = node.anyOf ?? node.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(valueOf))].join(" or ");
  if (node.prefixItems !== undefined) return `list of ${node.prefixItems.length}`;
  if (node.type === "array") return node.items ? `list of ${valueOf(node.items)}` : "list";
  if (node.type === "object") return "section";
  const low = node.minimum !== undefined && node.minimum > -BIG ? `from ${node.minimum}` : "";
  const high = node.maximum !== undefined && node.maximum < BIG ? `to ${node.maximum}` : "";
  return [node.type ?? "any", low, high].filter((part) => part !== "").join(" ");
}
function withoutOf(node: Node, needed: boolean): string {
  if (needed && node.default === undefined) return "needed";
  if (node.default === undefined) return "";
  const text = JSON.stringify(node.default);
  return text.length > 60 ? "see `config show`" : quoted(node.default);
}

/** Each key below a node, with the path that leads there: rules.zones.<name>.stopM */
function* rowsOf(node: Node, path: string): Generator<Row> {
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    if (child.const !== undefined && name === "kind") continue;
    const key = path === "" ? name : `${path}.${name}`;
    yield {
      key,
      value: valueOf(child),
      without: withoutOf(child, node.required?.includes(name) === true),
      what: child.description ?? "",
    };
    yield* rowsBelow(child, key);
  }
}
function* rowsBelow(node: Node, key: string): Generator<Row> {
  yield* rowsOf(node, key);
  if (typeof node.additionalProperties === "object")
    yield* rowsBelow(node.additionalProperties, `${key}.<name>`);
  if (typeof node.items === "object") yield* rowsBelow(node.items, `${key}[]`);
  for (const choice of node.anyOf ?? node.oneOf ?? []) {
    const kind = choice.properties?.["kind"]?.const;
    yield* rowsBelow(choice, kind === undefined ? key : `${key}(${String(kind)})`);
  }
}

/** Every key of a deployment, from the published JSON Schema. */
export function deploymentPage(schemaText: string): string {
  const schema = JSON.parse(schemaText) as Node;
  return [
    "# Deployment file",
    "",
    "A cell is one YAML file. Unknown keys are errors, every number carries its unit in its name, and `0` never means off.",
    "Editors complete it with the schema that comes along; its first line is `# yaml-language-server: $schema=deployment.schema.json`.",
    "`cellgate config show FILE` prints a file with everything that it leaves open filled in.",
    "",
    "`<name>` is a name that you choose, `[]` an entry of a list, `(kind)` one kind of part.",
    ...Object.entries(schema.properties ?? {}).flatMap(([name, section]) => {
      const seen = new Set<string>();
      const rows = [...rowsBelow(section, name)].filter((row) => {
        const text = JSON.stringify(row);
        return !seen.has(text) && seen.add(text);
      });
      const needed = schema.required?.includes(name) === true;
      return [
        "",
        `## ${name}`,
        "",
        `${section.description === undefined ? "" : `${cellOf(section.description)} · `}${valueOf(section)}${needed ? ", needed" : ""}`,
        ...(rows.length === 0
          ? []
          : [
              "",
              ...table(
                ["Key", "Value", "Without it", "What it does"],
                rows.map((r) => [
                  `\`${r.key.replaceAll("|", "\\|")}\``,
                  cellOf(r.value),
                  cellOf(r.without),
                  cellOf(r.what),
                ]),
              ),
            ]),
      ];
    }),
    "",
  ].join("\n");
}
