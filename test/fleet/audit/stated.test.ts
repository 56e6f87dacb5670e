import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { EXIT } from "../../../src/cli/command.ts";
import { graphOfPlan } from "../../../src/fleet/audit/index.ts";
import { audit, type Finding, QUESTIONS } from "../../../src/core/audit/index.ts";
import { runCommand } from "../../cli/run-command.ts";
import { planOf } from "../../core/rollout/fleet.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-audit-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const LAUNCH = join(import.meta.dirname, "../../../launch");

async function auditOf(
  name: string,
  text: string,
): Promise<{ code: number; findings: Finding[]; lines: string[] }> {
  writeFileSync(join(folder, name), text);
  const { code, out, err } = await runCommand(["audit", name, "--json"], { cwd: folder });
  if (out === "") throw new Error(err);
  return { code, findings: (JSON.parse(out) as { findings: Finding[] }).findings, lines: text.split("\n") };
}
const MACHINE = { memoryBytes: 8e9, diskBytes: 1e11, threads: 4, files: 1_024 };
const inYears = (n: number): string => new Date(Date.now() + n * 365 * 86_400_000).toISOString().slice(0, 10);

/** Each question: a part that has the risk, the same part with the risk closed, and the code that tells them apart. */
const PAIRS: readonly (readonly [string, string, object, object])[] = [
  ["cascade spawning", "AUDIT_SPAWN_CYCLE", { spawns: ["x"], spawnsMax: 5 }, { generationsMax: 1 }],
  ["cascade spawning", "AUDIT_SPAWN_UNCAPPED", { spawns: ["y"], generationsMax: 1 }, { spawnsMax: 5 }],
  ["feedback loops", "AUDIT_FEEDBACK_LOOP", { publishes: ["t"], subscribes: ["t"] }, { rateMaxHz: 2 }],
  ["resource exhaustion", "AUDIT_UNBOUNDED", { kind: "store" }, { diskBytesMax: 1e9 }],
  ["resource exhaustion", "AUDIT_OVERCOMMITTED", { memoryBytesMax: 9e9 }, { memoryBytesMax: 1e9 }],
  ["threshold drift", "AUDIT_THRESHOLD_DRIFT", { reads: ["q"], moves: ["q"] }, { rechecks: ["q"] }],
  ["time bombs", "AUDIT_TIME_BOMB", { growsWith: "time" }, { keptFor: "30 days" }],
  ["time bombs", "AUDIT_EXPIRES", { expires: inYears(0.1) }, { expires: inYears(20) }],
];

describe("what a person states of a graph is asked as well", () => {
  test.each(PAIRS)(
    "%s: %s is there with the risk, with its line, and gone without",
    async (question, code, risk, closed) => {
      const text = (part: object): string =>
        JSON.stringify({ machine: MACHINE, nodes: [{ name: "y" }, { name: "x", ...part }] }, null, 2);
      const open = await auditOf("open.json", text(risk));
      const found = open.findings.find((f) => f.code === code);
      expect(found).toMatchObject({
        question,
        severity: "blocker",
        safeguard: expect.stringMatching(/\w{4}/),
      });
      expect(open.lines[found!.place!.line - 1]).toContain('"name": "x"');
      expect(open.code).toBe(EXIT.found);
      const shut = await auditOf("shut.json", text({ ...risk, ...closed }));
      expect(shut.findings.filter((f) => f.severity === "blocker")).toEqual([]);
      expect(shut.code).toBe(EXIT.ok);
    },
  );
  test("what nobody has stated is a warning for each question, never a pass", async () => {
    const bare = await auditOf("bare.json", '{ "nodes": [{ "name": "x" }] }');
    expect(bare.findings.map((f) => [f.question, f.code, f.severity]).sort()).toEqual(
      QUESTIONS.map((question) => [question, "AUDIT_INCOMPLETE", "warning"]).sort(),
    );
    const stated = {
      spawns: [],
      publishes: ["t"],
      memoryBytesMax: 1,
      moves: [],
      growsWith: "time",
      keptFor: "a day",
    };
    const nodes = [{ name: "x", ...stated }];
    expect((await auditOf("all.json", JSON.stringify({ machine: MACHINE, nodes }))).findings).toEqual([]);
    const without = await auditOf("no-machine.json", JSON.stringify({ nodes }));
    expect(without.findings.map((f) => f.what)).toEqual([expect.stringContaining("no machine")]);
  });
});

describe("deployments", () => {
  const text = readFileSync(join(LAUNCH, "mqtt-cell.yaml"), "utf8");
  test("a channel that hears what an actuator is told is a blocker with its line; on a topic of its own it is none", async () => {
    const heard = await auditOf("self.yaml", text.replace("~/curtain/distance", "~/command/drive"));
    const loop = heard.findings.find((f) => f.code === "AUDIT_FEEDBACK_LOOP");
    expect(loop).toMatchObject({ severity: "blocker", what: expect.stringContaining("light_curtain") });
    expect(heard.lines[loop!.place!.line - 1]).toContain("light_curtain");
    expect((await auditOf("own.yaml", text)).findings.map((f) => f.code)).toEqual([
      "AUDIT_INCOMPLETE",
      "AUDIT_FEEDBACK_GUARDED", // helpers whose offers are proposed again: their generation is counted
    ]);
  });
  const openssl = spawnSync("openssl", ["version"]).error === undefined;
  test.skipIf(!openssl)(
    `a certificate that ends soon is a blocker with its line; one that ends later is a warning; an unreadable one is said${openssl ? "" : " (skipped: openssl is not installed)"}`,
    async () => {
      const made = (days: number): void => {
        const args = [
          "req",
          "-x509",
          "-newkey",
          "ed25519",
          "-nodes",
          "-keyout",
          "/dev/null",
          "-out",
          "ca.crt",
        ];
        const { status, stderr } = spawnSync("openssl", [...args, "-days", String(days), "-subj", "/CN=x"], {
          cwd: folder,
        });
        if (status !== 0) throw new Error(String(stderr));
      };
      const secure = text
        .replace("url: mqtt://127.0.0.1:1883", "url: mqtts://127.0.0.1:8883")
        .replace("    base: acme", "    tls:\n      caFile: ca.crt\n    base: acme");
      const ends = async (): Promise<unknown[]> => {
        const { findings, lines } = await auditOf("tls.yaml", secure);
        const bombs = findings.filter((f) => f.question === "time bombs");
        for (const f of bombs) expect(lines[f.place!.line - 1]).toContain("caFile");
        return bombs.map((f) => [f.code, f.severity]);
      };
      expect(await ends()).toEqual([["AUDIT_INCOMPLETE", "warning"]]);
      made(20);
      expect(await ends()).toEqual([["AUDIT_EXPIRES", "blocker"]]);
      made(700);
      expect(await ends()).toEqual([["AUDIT_EXPIRES", "warning"]]);
    },
  );
});

test("a plan whose stages a bad candidate would pass is told so, each limit with its key", () => {
  const asked: string[] = [];
  const at = (path: readonly string[]) => {
    asked.push(path.join("."));
    return { file: "plan.yaml", line: 1 };
  };
  const blind = (judge: object): string[] =>
    audit(graphOfPlan(planOf(30, { judge, pauseAfterStage: true }), at, "plan.yaml")).findings.flatMap((f) =>
      f.code === "AUDIT_BLIND_STAGE" ? [f.safeguard] : [],
    );
  const weak = { alpha: 0.5, decisionFailureMax: 0.5, cellFailureMax: 0.5, dwellUs: 1_000_000 };
  expect(blind(weak)).toEqual([
    "judge.alpha: 0.05 or less",
    "judge.decisionFailureMax: 0.1 or less",
    "judge.cellFailureMax: 0.1 or less",
    "judge.dwellS: 60 or more",
  ]);
  expect(asked).toContain("judge.alpha");
  expect(blind({})).toEqual([]);
});
