import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Effect } from "../../../src/core/domain/index.ts";
import { runNode } from "../../../src/index.ts";
import { readDeployment } from "../../../src/node/run/index.ts";
import { replayOne, PLAIN_REPLAY } from "../../../src/lab/replay/replay-one.ts";
import { demoCell } from "../demo-cell.ts";

/** Modules that are no part of cellgate, in the simulated demonstration cell. */
const folder = mkdtempSync(join(tmpdir(), "cellgate-extension-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A rule that stops the cell while the tool is faster than a limit of its own. */
const SPEED_CAP = `
import { defineExtension, z } from "cellgate/extension";
const CODE = "EXT_ACME_TOO_FAST";
export default defineExtension({
  name: "acme",
  codes: {
    [CODE]: {
      severity: "stop", title: "faster than the house rule", meaning: "The tool passed the limit of this plant.",
      remedy: "Slow the job down.", clears: "acknowledge", clearedBy: "reset",
    },
  },
  rules: [{
    name: "speed_cap",
    purpose: "a limit of the tool's speed that only this plant has",
    codes: [CODE],
    settings: z.strictObject({ maxMPerS: z.number().positive() }),
    build: (setting, { maxMPerS }) => [{
      name: "speed_cap", codes: [CODE], listens: "all",
      onTick(t, { motion }, report) {
        /*HERE*/
        if (motion.toolMPerS > maxMPerS) report.raise(CODE, "tool", motion.toolMPerS.toFixed(3) + " m/s");
        else report.clear(CODE, "tool");
      },
    }],
  }],
});
`;
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
let count = 0;
/** A deployment beside a module, in a folder of its own; `entry` may replace what its entry says. */
function cellWith(source: string, entry: object = {}): string {
  const place = join(folder, `cell-${++count}`);
  const name = "module.mjs";
  mkdirSync(place);
  writeFileSync(join(place, name), source);
  const extensions = [
    { module: `./${name}`, sha256: sha256(source), rules: { speed_cap: { maxMPerS: 0.05 } }, ...entry },
  ];
  const file = join(place, "cell.yaml");
  writeFileSync(file, demoCell({ extensions, "risk.head": undefined, "transports.sim.scenario": "idle" }));
  return file;
}
const problemsOf = (file: string): string => {
  const loaded = readDeployment(file);
  return loaded.ok ? "" : loaded.problems.map((p) => p.message).join("\n");
};

type Bodies = Extract<Effect, { kind: "receipt" }>["receipt"]["body"][];
async function runWith(deployment: string, more: { tape?: string } = {}) {
  const bodies: Bodies = [];
  const end = await runNode({
    deployment,
    dataDir: join(folder, `data-${++count}`),
    seed: 7,
    lengthMs: 2_500,
    speed: "max",
    follow: (life) => {
      life.observe((effect) => effect.kind === "receipt" && bodies.push(effect.receipt.body));
      return {};
    },
    ...more,
  });
  const stops = bodies.flatMap((b) =>
    b.receipt_type === "state_change" && b.to === "STOPPED" ? [b.code] : [],
  );
  return { end, bodies, stops };
}

describe("a rule of an extension", () => {
  test("judges like our own: it stops the cell with its own code, and the first receipt and the tape carry its hash", async () => {
    const file = cellWith(SPEED_CAP);
    const tape = join(folder, "run.mcap");
    const { end, bodies, stops } = await runWith(file, { tape });
    expect(stops).toEqual(["EXT_ACME_TOO_FAST"]);
    expect(bodies[0]).toMatchObject({
      receipt_type: "state_change",
      from: "OFF",
      extensions: [{ name: "acme", sha256: sha256(SPEED_CAP) }],
    });
    // the tape names the hash; its own configuration runs no code that a person did not name
    const task = { ...PLAIN_REPLAY, bag: tape, deployment: null, version: "0" };
    const alone = await replayOne(task, () => {});
    expect(alone.ok ? "" : alone.error).toContain("--deployment");
    const loaded = readDeployment(file);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const again = await replayOne(
      { ...task, deployment: { text: JSON.stringify(loaded.deployment), file } },
      () => {},
    );
    if (!again.ok) throw new Error(again.error);
    expect(again.value.configHash).toBe(end.configHash);
    expect(again.value.digest).toBe(end.digest);
  });

  test("states its margin: the hazard and the nearest miss of a replay know it, and the decision stays the same", async () => {
    const measuring = SPEED_CAP.replace("defineExtension, z", "defineExtension, Margin, z").replace(
      "build: (setting, { maxMPerS }) => [{",
      `build: ({ channels }, { maxMPerS }) => {
        const channel = channels.find((c) => c.config.quantity === "joints").name;
        const margin = new Margin({ code: CODE, source: "tool", channel, unit: "m/s", above: true, limit: maxMPerS });
        return [{ margins: [margin], measure(sample, { motion }) { margin.see(motion.toolMPerS); },`,
    );
    const module = measuring.replace(/\}\],\n\s*\}\],/, "}]; },\n  }],");
    const file = cellWith(module);
    const tape = join(folder, "measured.mcap");
    await runWith(file, { tape });
    const loaded = readDeployment(file);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const deployment = { text: JSON.stringify(loaded.deployment), file };
    const run = await replayOne({ ...PLAIN_REPLAY, bag: tape, deployment, version: "0" }, () => {});
    if (!run.ok) throw new Error(run.error);
    const margin = run.value.margins.find(({ code }) => code === "EXT_ACME_TOO_FAST")!;
    expect(margin).toMatchObject({ source: "tool", unit: "m/s", limit: 0.05, blocks: true });
    expect(margin.leastLeft).toBeLessThan(0);
    expect(run.value.hazards.some(({ what }) => what.includes("tool"))).toBe(true);
    expect(run.value.blocks.map(({ title }) => title)).toContain("faster than the house rule");
  });

  test("one byte more of it gives another configuration and another digest; the same bytes give the same", async () => {
    const first = await runWith(cellWith(SPEED_CAP));
    const same = await runWith(cellWith(SPEED_CAP));
    const other = await runWith(cellWith(`${SPEED_CAP} `));
    expect([same.end.configHash, same.end.digest]).toEqual([first.end.configHash, first.end.digest]);
    expect(other.end.configHash).not.toBe(first.end.configHash);
    expect(other.end.digest).not.toBe(first.end.digest);
    expect(other.stops).toEqual(first.stops);
  });

  test("that is within its limit changes nothing that ours decide", async () => {
    const { stops } = await runWith(cellWith(SPEED_CAP, { rules: { speed_cap: { maxMPerS: 50 } } }));
    expect(stops).toEqual([]);
  });
});

describe("a bad extension stops the cell with a code of its own", () => {
  const cases: [string, string, string][] = [
    ["throws", `throw new Error("broken");`, "EXTENSION_THREW"],
    ["is asynchronous", `return Promise.resolve();`, "EXTENSION_THREW"],
    ["raises a code of ours", `report.raise("ESTOP_PRESSED", "x", "");`, "EXTENSION_FOREIGN_CAUSE"],
    ["clears a cause of ours", `report.clear("SOURCE_MISSING", "estop");`, "EXTENSION_FOREIGN_CAUSE"],
    [
      "swallows that it was refused",
      `try { report.clear("SOURCE_MISSING", "estop"); } catch {}`,
      "EXTENSION_FOREIGN_CAUSE",
    ],
  ];
  test.each(cases)("%s", async (_, words, code) => {
    const { stops, bodies } = await runWith(cellWith(SPEED_CAP.replace("/*HERE*/", words)));
    const raised = bodies.flatMap((b) => (b.receipt_type === "fault" && b.active ? [b.code] : []));
    expect([...stops, ...raised]).toContain(code);
    expect(bodies.some((b) => b.receipt_type === "state_change" && b.to === "RUNNING")).toBe(false);
  });

  test("what it writes into the rows that it is handed reaches nobody else", async () => {
    const writes = `motion.position.fill(NaN); motion.velocity.fill(0);`;
    const spoilt = SPEED_CAP.replace("/*HERE*/", writes).replace(
      "onTick(",
      `onSample(s) { s.values.fill(NaN); }, onTick(`,
    );
    const { stops } = await runWith(cellWith(spoilt));
    expect(stops).toEqual(["EXT_ACME_TOO_FAST"]);
  });
});

describe("an extension is refused before anything opens", () => {
  const cases: [string, string, RegExp][] = [
    ["other bytes", cellWith(SPEED_CAP, { sha256: "0".repeat(64) }), /EXTENSION_HASH/],
    ["no such file", cellWith(SPEED_CAP, { module: "./none.mjs" }), /EXTENSION_UNREADABLE/],
    ["no such package", cellWith(SPEED_CAP, { module: "no-such-rule" }), /EXTENSION_UNREADABLE/],
    ["it throws", cellWith(`throw new Error("no");`), /EXTENSION_THREW.*no/],
    ["it waits", cellWith(`await 0; export default {};`), /EXTENSION_THREW/],
    ["it imports more than one file", cellWith(`import "./other.mjs"; ${SPEED_CAP}`), /one file.*bundle/],
    ["it is something else", cellWith("export default 7;"), /EXTENSION_INVALID/],
    ["no such rule", cellWith(SPEED_CAP, { rules: { other: {} } }), /EXTENSION_INVALID.*no such rule/],
    [
      "wrong settings",
      cellWith(SPEED_CAP, { rules: { speed_cap: { maxMPerS: "x" } } }),
      /rules\.speed_cap\.maxMPerS/,
    ],
    [
      "a code without its prefix",
      cellWith(SPEED_CAP.replaceAll("EXT_ACME_TOO_FAST", "EXT_OTHER_TOO_FAST")),
      /EXTENSION_INVALID.*EXT_ACME_/,
    ],
    [
      "a code of ours",
      cellWith(SPEED_CAP.replaceAll("EXT_ACME_TOO_FAST", "ESTOP_PRESSED")),
      /EXTENSION_INVALID/,
    ],
    [
      "a code that two rules name",
      cellWith(
        SPEED_CAP.replace(
          "rules: [{",
          `rules: [{ ...{ name: "b", purpose: "", codes: [CODE], settings: z.any(), build: () => [] } }, {`,
        ),
      ),
      /EXTENSION_DUPLICATE.*EXT_ACME_TOO_FAST/,
    ],
    [
      "a device of ours",
      cellWith(
        SPEED_CAP.replace(`name: "acme",`, `name: "acme", devices: [{ name: "plain_csv", open() {} }],`),
      ),
      /EXTENSION_DUPLICATE.*plain_csv/,
    ],
  ];
  test.each(cases)("%s", (_, file, says) => {
    expect(problemsOf(file)).toMatch(says);
  });
});
