import { existsSync } from "node:fs";
import { join } from "node:path";
import { FILES, importsOf, LAYERS, layerOf } from "../import-graph.ts";
import { ROOT, table } from "./markdown.ts";

/** Where is …? Each of these has to be found at the first guess. */
export const QUESTIONS: readonly (readonly [string, string])[] = [
  ["a rule that stops the robot", "src/core/reflex/"],
  ["what a code means", "src/core/domain/codes/"],
  ["the verdict on a proposal", "src/core/gate/"],
  ["the physics of high-risk skills", "src/core/physics/"],
  ["the five questions of the audit", "src/core/audit/"],
  ["the format of receipts and proofs", "src/core/receipts/"],
  ["the ledger on the disk", "src/edge/ledger/"],
  ["a wire, for example DDS", "src/edge/transports/dds/"],
  ["the reader of MCAP files", "src/edge/recordings/"],
  ["the HTTP interface", "src/edge/http/control/"],
  ["signatures of approvals", "src/edge/keys/"],
  ["the loading of a deployment", "src/node/deployment/"],
  ["what a cell has in use, and the way back", "src/node/in-use/"],
  ["a replay of recordings", "src/lab/replay/"],
  ["the training of a head", "src/lab/training/"],
];
export const lostQuestions = (): string[] =>
  QUESTIONS.filter(([, path]) => !existsSync(join(ROOT, path))).map(([question]) => question);

/** layer → layer → how many imports go that way */
export function arrows(): Map<string, Map<string, number>> {
  const found = new Map<string, Map<string, number>>();
  for (const file of FILES.filter((f) => LAYERS.includes(layerOf(f))))
    for (const { target } of importsOf(file)) {
      const [from, to] = [layerOf(file), layerOf(target)];
      if (from === to || !LAYERS.includes(to)) continue;
      const row = found.get(from) ?? new Map<string, number>();
      row.set(to, (row.get(to) ?? 0) + 1);
      found.set(from, row);
    }
  return found;
}

export function layersPage(): string {
  const edges = [...arrows()].flatMap(([from, row]) => [...row.keys()].map((to) => `  ${from} -> ${to};`));
  return [
    "# Layers, and where things are",
    "",
    "Drawn from the imports of the sources. Every arrow points down; a test fails when one does not.",
    "",
    "```dot",
    "digraph cellgate {",
    ...LAYERS.map((layer) => `  ${layer};`),
    ...edges.sort(),
    "}",
    "```",
    "",
    "## Where is …?",
    "",
    ...table(
      ["Question", "Answer"],
      QUESTIONS.map(([question, path]) => [question, `\`${path}\``]),
    ),
    "",
  ].join("\n");
}
