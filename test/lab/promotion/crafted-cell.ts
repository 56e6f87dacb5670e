import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Code, ReceiptBody } from "../../../src/core/domain/index.ts";
import { readReceipts } from "../../../src/edge/ledger/index.ts";
import { runCommand } from "../../cli/run-command.ts";
import { demoCell } from "../../node/demo-cell.ts";
import { ROOT } from "../../node/processes.ts";

/** The demonstration's cell with a gate: what rules, gate settings and adapters are crafted against. */
const demo = readFileSync(join(ROOT, "launch/demo-cell.yaml"), "utf8");
const from = demo.indexOf("\nrules:") + 1;
export const RULES = demo.slice(from, demo.indexOf("\n#", from) + 1);
export const GATE = `gate:
  stage: 2
  deferral: { monitored: false, because: "nothing was learned yet in this test" }
  targets:
    arm: { path: /arm, verbs: [trajectory] }
  person: { channels: [base_scan] }
  approvals: { signed: true }
  zones:
    press: { kind: forbidden, min: [2, 2, 0], max: [3, 3, 1] }
`;
export const ADAPTER = "schema: cellgate.policy/1\nname: crafted\n";
export const CELL = demoCell({
  operators: [{ name: "anna", roles: ["reset", "resume", "acknowledge", "configure"] }],
  gate: (parse(GATE) as { gate: object }).gate,
});

/** One thing is changed; a text that does not hold it is a mistake of the test. */
export function changed(text: string, was: string, is: string): string {
  if (!text.includes(was)) throw new Error(`"${was}" is not there`);
  return text.replace(was, is);
}

interface Said {
  readonly hash: string;
  readonly report: string;
  readonly decision: {
    readonly outcome: string;
    readonly code: Code;
    readonly delta: { readonly n: number; readonly worse: number };
    readonly divergence: { readonly upper: number };
    readonly steps: readonly { readonly troubles: readonly Trouble[] }[];
  };
}
interface Trouble {
  readonly code: Code;
  readonly detail: string;
}
/** A folder with a cell, and the command as people type it there. */
export function workplace(folder: string, cellText = CELL) {
  mkdirSync(folder, { recursive: true });
  const data = join(folder, "data");
  const cell = join(folder, "cell.yaml");
  writeFileSync(cell, cellText);
  let n = 0;
  const argsOf = (text: string, scenarios: number, more: readonly string[] = []): string[] => {
    const file = join(folder, `candidate-${n++}.yaml`);
    writeFileSync(file, text);
    const where = ["--deployment", cell, "--data", data, "--scenarios", String(scenarios), "--json"];
    return ["promote", file, ...where, ...more];
  };
  return {
    folder,
    data,
    cell,
    argsOf,
    said: (line: unknown) => {
      const { hash, decision, report } = line as Said;
      return { hash, decision, report, troubles: decision.steps.flatMap((s) => s.troubles) };
    },
    async promote(text: string, scenarios: number, ...more: string[]) {
      const { code, out, err } = await runCommand(argsOf(text, scenarios, more), { cwd: folder });
      if (!out.startsWith("{")) throw new Error(err);
      return { exit: code, ...this.said(JSON.parse(out)) };
    },
    receiptsOf: (hash: string): ReceiptBody[] =>
      [...readReceipts(data, { type: "promotion" })]
        .map((r) => (JSON.parse(r.text!) as { body: ReceiptBody }).body)
        .filter((body) => body.receipt_type === "promotion" && body.candidate === hash),
  };
}
