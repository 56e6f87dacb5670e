import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPrng } from "../../../src/core/base/prng.ts";
import { EXIT } from "../../../src/cli/command.ts";
import { runCommand, type Said } from "../../cli/run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-heads-"));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = (...argv: string[]): Promise<Said> => runCommand(argv, { cwd: folder });
const writeTable = (name: string, seed: number): void => {
  const prng = createPrng(seed);
  const rows = Array.from({ length: 1_200 }, (_, i) => {
    const [force, other] = [prng.nextFloat() * 100, prng.nextGaussian()];
    return `${i},${Math.floor(i / 8)},${force.toFixed(3)},${other.toFixed(3)},${prng.nextFloat() < 1 / (1 + Math.exp(-(force - 60) / 8)) ? "stop" : "normal"}`;
  });
  writeFileSync(path(name), ["t,run,force,other,label", ...rows].join("\n"));
};
beforeAll(() => {
  writeTable("events.csv", 2);
  writeTable("unseen.csv", 3);
});
const ROLES = ["--label", "label", "--group", "run", "--time", "t"];
const DATA = ["--recordings", path("events.csv"), ...ROLES];
const UNSEEN = ["--recordings", path("unseen.csv"), ...ROLES];

describe("commands of the risk head", () => {
  it("train writes a head and its card, evaluate measures it, head show and verify read it", async () => {
    const trained = await run("train", ...DATA, "--out", path("head.json"), "--json");
    expect(trained.err).not.toContain("Error");
    expect(trained.code).toBe(EXIT.ok);
    const report = JSON.parse(trained.out);
    expect(report.metrics.auroc).toBeGreaterThan(0.9);
    expect(readFileSync(path("head.md"), "utf8")).toContain("Not a safety-rated device");
    const evaluated = await run(
      "evaluate",
      path("head.json"),
      ...UNSEEN,
      "--html",
      path("report.html"),
      "--json",
    );
    expect(JSON.parse(evaluated.out).auroc).toBeGreaterThan(0.9);
    const html = readFileSync(path("report.html"), "utf8");
    expect(html).toContain("AUROC");
    expect(html).not.toMatch(/(src|href)="https?:/);
    expect((await run("head", "verify", path("head.json"))).out).toContain("good");
    expect((await run("head", "show", path("head.json"))).out).toContain("What V_s rests on");
  });
  it("the same data and seed give the same file; another head is never overwritten", async () => {
    const again = await run("train", ...DATA, "--out", path("again.json"));
    expect(again.code).toBe(EXIT.ok);
    expect(readFileSync(path("again.json"), "utf8")).toBe(readFileSync(path("head.json"), "utf8"));
    const other = await run("train", ...DATA, "--seed", "8", "--out", path("head.json"));
    expect(other.code).toBe(EXIT.usage);
    expect(other.err).toContain("never overwritten");
  });
  it("a tampered head is refused by every command", async () => {
    writeFileSync(
      path("bad.json"),
      readFileSync(path("head.json"), "utf8").replace(/"threshold":\d/, '"threshold":9'),
    );
    for (const argv of [["head", "verify"], ["head", "show"], ["evaluate"]]) {
      const { code, err } = await run(...argv, path("bad.json"));
      expect(code).toBe(EXIT.found);
      expect(err).toContain("HEAD_HASH_MISMATCH");
    }
    writeFileSync(path("cut.json"), readFileSync(path("head.json"), "utf8").slice(0, 400));
    expect((await run("head", "verify", path("cut.json"))).err).toContain("HEAD_UNREADABLE");
  });
  it("mistakes say what to do", async () => {
    for (const [argv, words] of [
      [["train", "--out", path("x.json")], "no data given"],
      [["train", "--recordings", path("events.csv"), "--out", path("x.json")], "tables need a label"],
      [
        ["train", "--recordings", path("events.csv"), "--label", "nope", "--out", path("x.json")],
        'no column "nope"',
      ],
      [["train", "--recordings", path("none.mcap"), "--out", path("x.json")], "does not exist"],
      [
        ["train", ...DATA, "--domain", "finance", "--out", path("x.json")],
        "--domain finance is none of them",
      ],
      [["train", ...DATA, "--seed", "x", "--out", path("x.json")], "--seed x is no seed"],
      [["evaluate"], "no head given"],
      [["features", "explain"], "no feature named"],
      [["features", "explain", "time_to"], "nearest: time_to_contact_s"],
      [["head", "import", path("events.csv")], "no features given"],
    ] as const) {
      const { code, err, out } = await run(...argv);
      expect(code, words).toBe(EXIT.usage);
      expect(err).toContain(words);
      expect(out).toBe("");
    }
  });
  it("features list knows the cell", async () => {
    const demo = join(import.meta.dirname, "../../../launch/demo-cell.yaml");
    const listed = await run("features", "list", demo, "--json");
    const names = listed.out.split("\n").map((line) => JSON.parse(line).name as string);
    expect(names).toContain("time_to_contact_s");
    expect(names).not.toContain("current_1_a");
    expect((await run("features", "list")).out).toContain("current_1_a");
  });
});
