import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/command.ts";
import { ROLES } from "../../src/core/domain/index.ts";
import { DEMO_GATE, demoCell, demoMove } from "../node/demo-cell.ts";
import { NodeProcess } from "../node/processes.ts";
import { runCommand, type Said } from "./run-command.ts";

/** The commands of the gate, one after the other, as people type them against nodes that run. */
const folder = mkdtempSync(join(tmpdir(), "cellgate-gate-live-"));
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const keyFile = join(folder, "anna.pem");
let node: NodeProcess | null = null;

const cli = (...argv: string[]): Promise<Said> => runCommand(argv, { cwd: folder });

const deploymentFile = (stage: number): string => {
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex");
  const text = demoCell({
    "transports.sim.scenario": "idle",
    operators: [
      { name: "anna", publicKey: raw, roles: ROLES },
      { name: "planner_box", roles: [] },
    ],
    gate: {
      ...DEMO_GATE,
      stage,
      stageEvidence: { minDecisions: 10, maxDisagreementShare: 0.5, maxLatencyMs: 1_000 },
      approvals: { signed: true },
    },
  });
  const file = join(folder, `cell-${stage}.yaml`);
  writeFileSync(file, text);
  return file;
};

async function begin(file: string, data: string, ...more: string[]): Promise<void> {
  const run = ["run", file, "--data", join(folder, data), "--seed", "3", "--speed", "1", "--port", "0"];
  node = new NodeProcess(...run, "--for", "30m", "--json", ...more);
}
async function start(file: string, data: string, ...more: string[]): Promise<void> {
  await begin(file, data, ...more);
  await node!.changedTo("RUNNING");
  // longer than the gate remembers: nothing that it compares a proposal with is of a cell that was still starting
  await new Promise((done) => setTimeout(done, 1_000));
}
async function end(signal: NodeJS.Signals): Promise<void> {
  await node?.kill(signal);
  node = null;
}
const as = (name: string, data: string): string[] => ["--data", join(folder, data), "--as", name];

/** A small turn of the first joint, from where the arm stands now. */
async function propose(id: string, turnRad: number, data: string, evidence?: object) {
  const status = JSON.parse((await cli("status", "--json", ...as("anna", data))).out) as {
    motion: { position_rad: number[] };
  };
  const positions_rad = status.motion.position_rad.map((q, j) => (j === 0 ? q + turnRad : q));
  const proposal = demoMove(id, positions_rad, 1_500, evidence && { evidence });
  writeFileSync(join(folder, `${id}.json`), JSON.stringify(proposal));
  return cli("propose", `${id}.json`, "--wait", "60", ...as("planner_box", data));
}
/**
 * Asks until the answer is the wanted one. The arm is at work, and a turn of a joint is now harmless and now a hard RED: it
 * depends on where the arm is in that moment, which no test on a loaded machine can choose.
 */
async function proposeUntil(wanted: RegExp, id: string, turnRad: number, data: string, evidence?: object) {
  for (let i = 0; ; i++) {
    const asked = `${id}-${i}`;
    const said = await propose(asked, turnRad, data, evidence);
    if (wanted.test(said.out)) return { asked, ...said };
    if (i === 30) throw new Error(`never ${String(wanted)}, at last: ${said.out}${said.err}`);
    await new Promise((done) => setTimeout(done, 500));
  }
}
const UNSURE = {
  decision_probabilities: [0.25, 0.25, 0.25, 0.25],
  confidence_trajectory: [0.9, 0.2, 0.95, 0.1],
};

async function until(of: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 600 && !(await of()); i++) await new Promise((done) => setTimeout(done, 100));
}

beforeAll(() => writeFileSync(keyFile, privateKey.export({ type: "pkcs8", format: "pem" })));
afterAll(async () => {
  await end("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

describe("stage show, advance and back against a running node", { timeout: 240_000 }, () => {
  const shown = async () => (await cli("stage", "show", ...as("anna", "a"))).out;

  test("a new cell is in shadow: judged, written, nothing let through", async () => {
    await start(deploymentFile(0), "a");
    expect(await shown()).toMatch(/▶ 0 {2}shadow/);
    const { asked } = await proposeUntil(/shadow: nothing was let through/, "first", 0.05, "a");
    // in shadow the answer does not wait for the disk, the ledger does
    const explain = () => cli("explain", asked, "--data", join(folder, "a"));
    await until(async () => (await explain()).out !== "");
    const explained = await explain();
    expect(explained.out).toMatch(/asked +trajectory .* at \/arm/);
    expect(explained.out).toMatch(/variance +[0-9.]+ +[0-9.]+ +0\.5 /);
  });
  test("advancing without evidence is refused, with what is missing", async () => {
    expect(await shown()).toMatch(/✗ decisions judged at this stage +\d +at least 10/);
    const early = await cli("stage", "advance", "--because", "too early", ...as("anna", "a"));
    expect([early.code, early.err]).toEqual([EXIT.found, expect.stringContaining("does not carry")]);
  });
  test("with evidence, by somebody who may: one stage on", async () => {
    for (let i = 0; i < 10; i++) await propose(`calm-${i}`, 0.03 + i / 100, "a");
    const notAllowed = await cli("stage", "advance", "--because", "mine", ...as("planner_box", "a"));
    expect(notAllowed.code).not.toBe(EXIT.ok);
    // what passed in shadow counts when its time is over
    await until(async () => !(await shown()).includes("✗"));
    const on = await cli("stage", "advance", "--because", "ten calm decisions", ...as("anna", "a"));
    expect([on.code, on.err]).toEqual([EXIT.ok, ""]);
    expect(await shown()).toMatch(/▶ 1 {2}YELLOW only/);
  });
  test("a kill does not change the stage, and its evidence begins anew", async () => {
    await end("SIGKILL");
    await start(join(folder, "cell-0.yaml"), "a");
    expect(await shown()).toMatch(/▶ 1 {2}YELLOW only/);
    expect(await shown()).toMatch(/✗ decisions judged at this stage +0 +at least 10/);
  });
  test("back is always possible and stays", async () => {
    expect((await cli("stage", "back", ...as("anna", "a"))).code).toBe(EXIT.ok);
    await end("SIGKILL");
    await start(join(folder, "cell-0.yaml"), "a");
    expect(await shown()).toMatch(/▶ 0 {2}shadow/);
  });
  test("a damaged file is shadow and a latched cause, and the ledger says so", async () => {
    await end("SIGKILL");
    writeFileSync(join(folder, "a", "gate", "stage"), "stage 4, please\n");
    await begin(join(folder, "cell-0.yaml"), "a");
    await node!.line((l) => JSON.stringify(l).includes("LEDGER_STATE_LOST"));
    await until(async () => (await shown()) !== "");
    expect(await shown()).toMatch(/▶ 0 {2}shadow/);
    await end("SIGINT");
    const told = await cli("ledger", "show", "--type", "config_change", "--data", join(folder, "a"));
    expect(told.out).toContain("STAGE_STATE_LOST");
  });
});

describe("D27 approvals list, show, approve and deny against a running node", { timeout: 240_000 }, () => {
  const answer = (word: string, id: string, name: string, ...more: string[]) =>
    cli("approvals", word, id, "--because", "looked into the cell", ...more, ...as(name, "b"));

  let unsure = "";
  let again = "";

  test("a RED waits for a person and is shown with what an answer binds", async () => {
    await start(deploymentFile(2), "b", "--tape", join(folder, "b.mcap"));
    const said = await proposeUntil(/approvals show unsure/, "unsure", 0.2, "b", UNSURE);
    unsure = said.asked;
    expect(said.code).toBe(EXIT.found);
    expect((await cli("approvals", "list", ...as("anna", "b"))).out).toMatch(/^unsure-\d+ {2}CONFIDENCE_LOW/);
    expect((await cli("approvals", "show", unsure, ...as("anna", "b"))).out).toContain(
      "proposed by     planner",
    );
  });
  test("unsigned, signed by somebody without the role, and signed: only the last one counts", async () => {
    expect((await answer("approve", unsure, "anna")).err).toContain("signature missing");
    expect((await answer("approve", unsure, "planner_box", "--key", keyFile)).err).toContain("look first");
    await cli("approvals", "show", unsure, ...as("planner_box", "b"));
    expect((await answer("approve", unsure, "planner_box", "--key", keyFile)).err).toContain("may not");
    // what is signed and sent is what was shown: another hash in its place is not approved
    const other = await answer("approve", unsure, "anna", "--key", keyFile, "--seen", "0123456789abcdef");
    expect(other.err).toContain("not what you saw");
    const yes = await answer("approve", unsure, "anna", "--key", keyFile);
    expect([yes.code, yes.err]).toEqual([EXIT.ok, ""]);
    const ended = (l: { receipt?: { body: Record<string, unknown> } }): boolean =>
      l.receipt?.body["receipt_type"] === "watcher" && l.receipt.body["action_id"] === unsure;
    await node!.line(ended);
    const told = await cli("explain", unsure, "--data", join(folder, "b"));
    expect(told.out).toMatch(/refused by anna; refused by planner_box; granted by anna; permit released/);
  });
  test("a denial is final", async () => {
    again = (await proposeUntil(/approvals show again/, "again", 0.25, "b", UNSURE)).asked;
    expect((await answer("deny", again, "anna", "--key", keyFile)).code).toBe(EXIT.ok);
    expect((await answer("approve", again, "anna", "--key", keyFile)).err).toContain("no action");
  });
  test("explain runs the trials again from the receipts alone, bit for bit", async () => {
    // a denial does not wait for the disk either
    await until(async () => (await cli("explain", again, "--data", join(folder, "b"))).out !== "");
    const rerun = await cli(
      "explain",
      again,
      "--rerun",
      join(folder, "cell-2.yaml"),
      "--data",
      join(folder, "b"),
    );
    expect([rerun.code, rerun.out]).toEqual([EXIT.ok, expect.stringContaining("bit for bit the same")]);
  });
  test("whatif judges in the tape of that run, with its risk head, and touches nothing", async () => {
    await end("SIGINT");
    const before = readFileSync(join(folder, "b.mcap"));
    const what = await cli("whatif", `${unsure}.json`, "--tape", "b.mcap", "--json");
    const { receipts } = JSON.parse(what.out) as {
      receipts: { body: { terms?: { energy?: { state?: number; action?: number } } } }[];
    };
    expect(receipts.some(({ body }) => typeof body.terms?.energy?.action === "number")).toBe(true);
    expect(readFileSync(join(folder, "b.mcap")).equals(before)).toBe(true);
    expect(existsSync(join(folder, "data"))).toBe(false);
  });
});
