import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../../src/cli/command.ts";
import { RECEIPT_SCHEMAS } from "../../../src/core/domain/index.ts";
import { copyFolder, makeFolder, open, receiptOf, removeFolders, tamper, writeLedger } from "./fixture.ts";
import { runCommand, type Said } from "../../cli/run-command.ts";

let cwd: string;
beforeAll(async () => {
  cwd = makeFolder();
  await writeLedger(join(cwd, "data"), 30);
});
afterAll(removeFolders);

const cli = (line: string, at = cwd): Promise<Said> =>
  runCommand(["ledger", ...line.split(" ").filter((word) => word !== "")], { cwd: at, columns: 80 });

describe("cellgate ledger", () => {
  it("show: newest receipts, for people and for programs", async () => {
    const { code, out } = await cli("show --last 3");
    expect(code).toBe(EXIT.ok);
    expect(out.split("\n").map((line) => line.split(/ +/)[1])).toEqual(["r1.27.0", "r1.28.0", "r1.29.0"]);
    const json = (await cli("show --last 1 --json")).out;
    expect(JSON.parse(json)).toEqual(receiptOf(1, 29));
    expect((await cli("show --type block")).err).toBe("no receipt matches");
    expect((await cli("show --since 2020-01-01T00:00:00Z --until 2020-01-02T00:00:00Z")).out).toBe("");
    for (const wrong of ["--type nothing", "--last 0", "--since yesterday", "--what"])
      expect((await cli(`show ${wrong}`)).code).toBe(EXIT.usage);
  });

  it("verify: says what was checked, and finds what was changed", async () => {
    const good = await cli("verify --full");
    expect(good.code).toBe(EXIT.unanchored);
    expect(good.out).toContain("31 rows self-consistent, not anchored");
    expect(good.out).toContain("unanchored tail: 31 rows");
    const copy = copyFolder(cwd);
    tamper(join(copy, "data"), (db) => db.prepare("DELETE FROM entry WHERE idx = 5").run());
    const bad = await cli("verify", copy);
    expect(bad.code).toBe(EXIT.found);
    expect(bad.out).toContain("FOUND missing: shard 0 row 5");
    const json = JSON.parse((await cli("verify --json", copy)).out) as { ok: boolean };
    expect(json.ok).toBe(false);
    const anchor = join(cwd, "data", "ledger", "checkpoint");
    const anchored = await cli(`verify --from-anchor ${anchor}`);
    expect(anchored.out).toContain("unanchored tail: 0 rows");
    expect(anchored.out).toContain("31 rows verified");
    expect(anchored.code).toBe(EXIT.ok);
    expect((await cli("verify --from-anchor nowhere")).code).toBe(EXIT.usage);
  });

  it("key, prove, check-proof: a receipt is proven without the ledger", async () => {
    const key = (await cli("key")).out;
    expect(key).toMatch(/^cellgate\/demo-[0-9a-f]{8}\/0\+[0-9a-f]{8}\+/);
    expect((await cli("prove r1.7.0 --out p.tlog-proof")).code).toBe(EXIT.ok);
    const elsewhere = makeFolder();
    expect((await cli(`key --out ${join(elsewhere, "cell.key")}`)).code).toBe(EXIT.ok);
    expect(readFileSync(join(elsewhere, "cell.key"), "utf8")).toBe(`${key}\n`);
    const proof = readFileSync(join(cwd, "p.tlog-proof"), "utf8");
    writeFileSync(join(elsewhere, "p.tlog-proof"), proof);
    const checked = await cli("check-proof p.tlog-proof --key cell.key", elsewhere);
    expect(checked.code).toBe(EXIT.ok);
    expect(JSON.parse(checked.out.split("\n")[0]!)).toEqual(receiptOf(1, 7));
    // a key alone proves nothing against whoever holds the machine that signs
    expect((await cli(`verify --key ${key}`)).code).toBe(EXIT.unanchored);
    const line = proof.split("\n").findIndex((l) => l.startsWith("index "));
    for (const wrong of [
      proof.replace("index 8", "index 9"),
      proof
        .split("\n")
        .toSpliced(line + 1, 1)
        .join("\n"),
      proof.slice(0, -20),
      "",
    ]) {
      writeFileSync(join(elsewhere, "w.tlog-proof"), wrong);
      const refused = await cli("check-proof w.tlog-proof --key cell.key", elsewhere);
      expect(refused.code).toBe(EXIT.found);
      expect(refused.err).toContain("NOT PROVEN");
    }
    expect((await cli("prove r9.9.9")).code).toBe(EXIT.found);
    expect((await cli("check-proof p.tlog-proof")).code).toBe(EXIT.usage);
  });

  it("every changed character of a proof file is noticed", async () => {
    const { checkProof, ledgerKeyText, proveReceipt } = await import("../../../src/edge/ledger/index.ts");
    const dir = join(cwd, "data");
    const proof = await proveReceipt(dir, "r1.3.0");
    if (!proof.ok) throw new Error(proof.error);
    const { text } = proof.value;
    const key = ledgerKeyText(dir);
    for (let i = 0; i < text.length; i += 3) {
      const changed = text.slice(0, i) + (text[i] === "A" ? "B" : "A") + text.slice(i + 1);
      expect((await checkProof(changed, key)).ok, `character ${i}`).toBe(false);
    }
  });

  it("export: the hashed bytes, one run alone when asked", async () => {
    expect((await cli("export --out all.jsonl")).out).toContain("31 receipts");
    expect((await cli("export --out run.jsonl --run 1")).out).toContain("30 receipts");
    const lines = readFileSync(join(cwd, "run.jsonl"), "utf8").trim().split("\n");
    expect(lines.map((l) => JSON.parse(l) as unknown)).toEqual(
      Array.from({ length: 30 }, (_, n) => receiptOf(1, n)),
    );
    expect((await cli("export")).code).toBe(EXIT.usage);
  });

  it("stats, schema, anchor list", async () => {
    expect((await cli("stats")).out).toContain("gate_decision      30");
    expect(JSON.parse((await cli("stats --json")).out)).toMatchObject({ shards: [{ rows: 31 }] });
    for (const type of Object.keys(RECEIPT_SCHEMAS)) {
      const schema = JSON.parse((await cli(`schema ${type}`)).out) as {
        additionalProperties: boolean;
        required: string[];
      };
      expect(schema.additionalProperties).toBe(false);
      expect(schema.required).toContain("receipt_type");
    }
    expect((await cli("schema nothing")).code).toBe(EXIT.usage);
    expect((await cli("anchor list")).out).toBe("no sink has taken a checkpoint yet");
  });

  it("a folder without a ledger is a mistake with a remedy; a running node is not disturbed by readers", async () => {
    const nowhere = await cli("verify", makeFolder());
    expect(nowhere.code).toBe(EXIT.usage);
    expect(nowhere.err).toContain("--data");
    const busy = makeFolder();
    const { ledger, fill } = await open(join(busy, "data"));
    await fill(0, 50);
    for (const line of ["verify", "show", "stats", "prove r1.3.0", "export --out x.jsonl"])
      expect((await cli(line, busy)).code, line).toBe(line === "verify" ? EXIT.unanchored : EXIT.ok);
    await fill(50, 60);
    expect(ledger.stats().stored).toBe(60);
    await ledger.close();
  });
});
