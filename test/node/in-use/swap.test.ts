import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ArtefactStore } from "../../../src/node/in-use/index.ts";
import { CANDIDATE_KINDS, type CandidateKind } from "../../../src/core/promotion/index.ts";

const root = mkdtempSync(join(tmpdir(), "cellgate-swap-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const program = join(root, "swap-process.mjs");
// one file: a process that lives for a few writes should not parse the whole program first
beforeAll(() => {
  buildSync({
    entryPoints: [resolve(import.meta.dirname, "swap-process.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    // packages of the older kind ask for Node's modules in their own way
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    logLevel: "error",
  });
});

interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
}
const swap = (dir: string, kind: CandidateKind, text: string, at = -1): Promise<Ended> =>
  new Promise((done, failed) => {
    const child = spawn(process.execPath, [program, dir, kind, text, String(at)]);
    let out = "";
    child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => (out += bytes.toString()));
    child.on("error", failed);
    child.on("close", (_code, signal) => done({ signal, out }));
  });
const saidBy = ({ out }: Ended) => JSON.parse(out) as { hash: string; steps: number };

describe("F35 a real process killed before every step of a swap", { timeout: 300_000 }, () => {
  const ways = CANDIDATE_KINDS.flatMap((kind) => [[kind, "new"] as const, [kind, "back"] as const]);
  test.each(ways)("%s, %s: the old or the new one is left, verified, never none", async (kind, way) => {
    const start = join(root, `${kind}-${way}-start`);
    const first = saidBy(await swap(start, kind, "old"));
    const old = way === "back" ? saidBy(await swap(start, kind, "older by now")) : first;
    const whole = join(root, `${kind}-${way}-whole`);
    cpSync(start, whole, { recursive: true });
    const { hash, steps } = saidBy(await swap(whole, kind, way));
    expect(hash === first.hash).toBe(way === "back");
    expect(steps).toBeGreaterThan(way === "back" ? 3 : 8);
    const left = await Promise.all(
      Array.from({ length: steps }, async (_, at) => {
        const dir = join(root, `${kind}-${way}-${at}`);
        cpSync(start, dir, { recursive: true });
        expect((await swap(dir, kind, way, at)).signal, `step ${at}`).toBe("SIGKILL");
        const { artefact, trouble } = new ArtefactStore(dir).boot(kind, 2);
        expect([old.hash, hash], `step ${at}`).toContain(artefact?.hash);
        expect(trouble).toBeNull();
        expect(artefact?.manifest.kind).toBe(kind);
        // and the same swap goes through afterwards, where it has not
        if (artefact?.hash === old.hash) expect(saidBy(await swap(dir, kind, way))).toMatchObject({ hash });
        return artefact!.hash;
      }),
    );
    expect(new Set(left)).toEqual(new Set([old.hash, hash]));
  });
});
