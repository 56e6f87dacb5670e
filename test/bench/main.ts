import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Bench } from "./bench.ts";

/** Runs the benchmarks: `npm run bench -- [--json] [--only NAME]`. One line per figure. */
const { values } = parseArgs({
  options: { json: { type: "boolean", default: false }, only: { type: "string" } },
});
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".bench.ts"))
  .sort();

for (const file of files) {
  if (values.only !== undefined && !file.includes(values.only)) {
    const { benches } = (await import(`./${file}`)) as { benches: Bench[] };
    if (!benches.some((b) => b.name.includes(values.only!))) continue;
  }
  const { benches } = (await import(`./${file}`)) as { benches: Bench[] };
  for (const bench of benches) {
    if (values.only !== undefined && !file.includes(values.only) && !bench.name.includes(values.only))
      continue;
    for (const figure of await bench.run()) {
      if (values.json) console.log(JSON.stringify(figure));
      else {
        const round = (n: number) => Number(n.toPrecision(4)).toLocaleString("en-US");
        const ratio = figure.ratio === undefined ? "" : `  ratio ${round(figure.ratio)}`;
        const base = figure.baseline === undefined ? "" : `  baseline ${round(figure.baseline)}`;
        console.log(
          `${figure.name.padEnd(48)} ${round(figure.value)} ${figure.unit}${base}${ratio}${figure.target === undefined ? "" : `  (target ${figure.target})`}${figure.note === undefined ? "" : `  ${figure.note}`}`,
        );
      }
    }
  }
}
