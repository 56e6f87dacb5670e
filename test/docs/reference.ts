import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { reference } from "../../src/cli/help.ts";
import { CHAPTERS } from "../../src/cli/registry.ts";
import { CODES } from "../../src/core/domain/index.ts";
import { RECEIPT_SCHEMAS } from "../../src/core/domain/receipt.ts";
import { deploymentPage } from "./deployment-page.ts";
import { layersPage } from "./layers-page.ts";
import { cellOf, DOCS, ROOT, table } from "./markdown.ts";
import { metricsPage } from "./metrics-page.ts";
import { pageOf, resultsOnPage } from "../specification/page.ts";
import { requirementsPage } from "./requirements-page.ts";

/**
 * The pages of docs/ that are made from the code: `npm run docs:update` writes them, a test fails when one differs.
 * Nothing in them is typed by hand, so that they cannot say something else than the program does.
 */
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

function commandsPage(): string {
  const { version } = JSON.parse(read("package.json")) as { version: string };
  return reference(CHAPTERS, version);
}

function codesPage(): string {
  const entries = Object.entries(CODES).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    "# Codes",
    "",
    `Every stop, refusal and warning has one of these ${entries.length} codes. The same words stand in status, on the page and in receipts.`,
    "",
    ...entries.flatMap(([code, entry]) => [
      `## ${code}`,
      "",
      `**${cellOf(entry.title)}** · ${entry.severity} · ends ${entry.clears === "acknowledge" ? "when a person acknowledges it" : "with its condition"}${entry.clearedBy === null ? "" : ` (\`${entry.clearedBy}\`)`}`,
      "",
      cellOf(entry.meaning),
      "",
      `What to do: ${cellOf(entry.remedy)}`,
      "",
    ]),
  ].join("\n");
}

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}
const shapeOf = (schema: Schema): string =>
  schema.const !== undefined
    ? JSON.stringify(schema.const)
    : schema.enum !== undefined
      ? schema.enum.map((one) => JSON.stringify(one)).join(" or ")
      : schema.anyOf !== undefined
        ? schema.anyOf.map(shapeOf).join(" or ")
        : schema.type === "array" && schema.items !== undefined
          ? `list of ${shapeOf(schema.items)}`
          : (schema.type ?? "any JSON");

function receiptsPage(): string {
  const types = Object.entries(RECEIPT_SCHEMAS).map(
    ([type, schema]) => [type, z.toJSONSchema(schema, { unrepresentable: "any" }) as Schema] as const,
  );
  return [
    "# Receipts",
    "",
    "Each line of the ledger has a body of one of these types. Names of the specification keep their spelling. Times are whole microseconds since 1970, except `blocked_at`, which is in seconds.",
    "",
    ...types.flatMap(([type, schema]) => [
      `## ${type}`,
      "",
      ...table(
        ["Field", "Value"],
        Object.entries(schema.properties ?? {})
          .filter(([name]) => name !== "receipt_type")
          .map(([name, field]) => [
            `\`${name}\`${schema.required?.includes(name) === false ? " (may be absent)" : ""}`,
            cellOf(shapeOf(field)),
          ]),
      ),
      "",
    ]),
  ].join("\n");
}

interface AsyncApi {
  readonly info: { readonly description?: string };
  readonly channels: Readonly<
    Record<string, { readonly address: string; readonly description?: string; readonly title?: string }>
  >;
  readonly operations: Readonly<
    Record<string, { readonly action: string; readonly channel: { readonly $ref: string } }>
  >;
}
function mqttPage(): string {
  const api = parse(read("launch/asyncapi.yaml")) as AsyncApi;
  const direction = (channel: string): string =>
    Object.values(api.operations)
      .filter((o) => o.channel.$ref.endsWith(`/${channel}`))
      .map((o) => (o.action === "send" ? "out" : "in"))
      .join(", ");
  return [
    "# MQTT topics",
    "",
    "Made from `launch/asyncapi.yaml` (AsyncAPI 3), which holds the schema and an example of every message. `<base>` and `<cell>` come from the deployment.",
    "",
    ...table(
      ["Topic", "Direction", "What"],
      Object.entries(api.channels).map(([name, c]) => [
        `\`${c.address}\``,
        direction(name),
        cellOf((c.description ?? c.title ?? "").trim()),
      ]),
    ),
    "",
  ].join("\n");
}

function libraryPage(): string {
  const { exports } = JSON.parse(read("package.json")) as { exports: Record<string, unknown> };
  const faces = Object.entries(exports)
    .filter(([, target]) => typeof target === "object" || String(target).endsWith(".js"))
    .map(([name]) => `cellgate${name.slice(1)}`);
  return [
    "# Library",
    "",
    "What a program may import, as the type checker sees it. Every change of a face shows up as a change of this page.",
    "",
    ...faces.map((face) => read(`test/api-report/${face.replace("/", "-")}.md`).replace(/^# /, "## ")),
  ].join("\n");
}

/** Each decision is a file of its own; its title is what was decided. */
function decisionsPage(): string {
  const files = readdirSync(join(DOCS, "decisions")).filter(
    (file) => file.endsWith(".md") && file !== "index.md",
  );
  const titled = files
    .sort()
    .map((file) => [file, /^# (.*)$/m.exec(read(`docs/decisions/${file}`))![1]!] as const);
  const topics = Map.groupBy(titled, ([file]) => file.split("-")[0]!);
  return [
    "# Decisions",
    "",
    "What was decided, what the alternatives were, and what would change it. A newer decision names the one that it replaces.",
    ...[...topics].flatMap(([topic, entries]) => [
      "",
      `## ${topic}`,
      "",
      ...entries.map(([file, title]) => `- [${title}](${file})`),
    ]),
  ].join("\n");
}

/** file below docs/ → its text */
export const PAGES: Readonly<Record<string, () => string>> = {
  "reference/commands.md": commandsPage,
  "reference/deployment.md": () => deploymentPage(read("launch/deployment.schema.json")),
  "reference/codes.md": codesPage,
  "reference/receipts.md": receiptsPage,
  "reference/mqtt.md": mqttPage,
  "reference/metrics.md": metricsPage,
  "reference/library.md": libraryPage,
  "safety/requirements.md": requirementsPage,
  "safety/specification.md": () => pageOf(resultsOnPage()),
  "decisions/index.md": decisionsPage,
  "internals/layers.md": layersPage,
};
export const textOf = (make: () => string): string => `${make().trimEnd()}\n`;

if (process.argv[1] === import.meta.filename)
  for (const [file, make] of Object.entries(PAGES)) {
    writeFileSync(join(DOCS, file), textOf(make));
    console.log(`docs/${file}`);
  }
