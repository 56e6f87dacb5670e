import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
export const PAGE = join(ROOT, "docs/safety/specification.md");
const NOT_RUN = "not run";
const DOORS = ["node", "command", "wire", "page", "library"];

/** One demand of the specifications, where it is built, and the test that shows it. */
export interface Demand {
  readonly id: string;
  readonly demand: string;
  readonly where: string;
  /** the public door by which the test speaks to the product; null: none, whatever tests lie beneath */
  readonly door: string | null;
  /** what is missing; empty for what a test shows through a door */
  readonly open: string;
  readonly test: { readonly file: string; readonly title: string } | null;
}
export const DEMANDS: readonly Demand[] = readFileSync(join(import.meta.dirname, "demands.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map(demandOf);

function demandOf(line: string): Demand {
  const fields = line.split(" | ");
  const [id, demand, where, door, test] = fields;
  if (fields.length !== 5) throw new Error(`five fields are wanted: ${line}`);
  const isOpen = door!.startsWith("open, ");
  if (!isOpen && !DOORS.includes(door!)) throw new Error(`${id}: "${door}" is no door (${DOORS.join(", ")})`);
  if (!isOpen && test === "-") throw new Error(`${id}: a door without a test`);
  const colon = test!.indexOf(": ");
  return {
    id: id!,
    demand: demand!,
    where: where!,
    door: isOpen ? null : door!,
    open: isOpen ? door!.slice("open, ".length) : "",
    test: test === "-" ? null : { file: test!.slice(0, colon), title: test!.slice(colon + 2) },
  };
}

/** How a demand's test ended last, and when; by the demand's id. */
export type Results = ReadonlyMap<string, string>;

/** The page, from the demands and the last results. */
export function pageOf(results: Results): string {
  const open = DEMANDS.filter((d) => d.door === null);
  const row = ({ id, demand, where, door, open: missing, test }: Demand): string => {
    const shown = test === null ? "–" : `\`${test.file}\`: ${test.title}`;
    const words = door ?? `**open**: ${missing}`;
    const result = test === null ? "–" : (results.get(id) ?? NOT_RUN);
    return `| ${[id, demand, `\`${where}\``, words, shown, result].join(" | ")} |`;
  };
  return `${[
    "# The specification, demand by demand",
    "",
    "Made by `node test/specification/update.ts` from `test/specification/demands.txt`; a test fails when it is not current. One row for",
    "each sentence of the three specifications that demands something, in our own words: 000 is the pre-scale audit, 001 the gate,",
    "003 the safety specification. *Door* is the public door by which the test speaks to the product: a running node, a command, a",
    "wire, the page, or the library. A row without such a test is **open**, whatever tests lie beneath.",
    "",
    `${DEMANDS.length} demands, ${DEMANDS.length - open.length} shown through a public door, ${open.length} open: ${open.map((d) => d.id).join(", ")}.`,
    "",
    "| demand | says | where | door | test | last result |",
    "| --- | --- | --- | --- | --- | --- |",
    ...DEMANDS.map(row),
  ].join("\n")}\n`;
}

/** The results that stand on the page now. */
export function resultsOnPage(): Results {
  if (!existsSync(PAGE)) return new Map();
  const rows = readFileSync(PAGE, "utf8").matchAll(/^\| (\d{3}\.\d+) \|.*\| ([^|]+) \|$/gm);
  return new Map([...rows].map(([, id, result]) => [id!, result!.trim()]));
}

/** Why a demand's test is not the one it names; null: it is there. */
export function missing({ test }: Demand): string | null {
  if (test === null) return null;
  const path = join(ROOT, test.file);
  if (!existsSync(path)) return `${test.file} is not there`;
  return readFileSync(path, "utf8").includes(`"${test.title}"`)
    ? null
    : `${test.file} has no test "${test.title}"`;
}
