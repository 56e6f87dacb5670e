import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, expect, test } from "vitest";
import { TAPE_LOSS_MAX_US } from "../../../../src/core/domain/index.ts";
import { PLAIN_REPLAY, replayOne } from "../../../../src/lab/replay/index.ts";
import { readTape } from "../../../../src/edge/recordings/tape/index.ts";

const root = resolve(import.meta.dirname, "../../../..");
const folder = mkdtempSync(join(tmpdir(), "cellgate-box-"));
const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

interface Line {
  readonly kind: string;
  readonly t_us: number;
  readonly code?: string;
  readonly receipt?: { readonly body: { readonly receipt_type: string; readonly code?: string } };
}

test("a node that is killed after a stop leaves the time around it, named by its receipt", async () => {
  const args = ["src/main.ts", "run", "launch/demo-cell.yaml", "--seed", "7", "--json", "--port", "0"];
  const child = spawn(process.execPath, [...args, "--data", folder], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
  });
  running.push(child);
  let blockedAt = -1;
  let said = -1;
  let stop = "";
  for await (const text of createInterface({ input: child.stdout! })) {
    const line = JSON.parse(text) as Line;
    if (line.kind === "block" && line.t_us > 0) [blockedAt, stop] = [line.t_us, line.code ?? ""];
    if (line.kind === "receipt" && blockedAt >= 0) said = line.t_us;
    if (blockedAt >= 0 && said > blockedAt + 1_500_000) break;
  }
  child.kill("SIGKILL");
  await new Promise((done) => child.on("close", done));

  const names = readdirSync(join(folder, "black-box"));
  expect(names).toHaveLength(1);
  const file = join(folder, "black-box", names[0]!);
  const tape = readTape(file);
  if (!tape.ok) throw new Error(tape.error);
  expect(tape.value.boxed).toMatchObject([{ receiptId: names[0]!.replace(".mcap", ""), code: stop }]);
  let last = -1;
  for (const event of tape.value.events()) last = event.t;
  expect(said - last).toBeLessThanOrEqual(TAPE_LOSS_MAX_US);

  const replayed = await replayOne(
    {
      bag: file,
      deployment: null,
      ...PLAIN_REPLAY,
      version: "test",
    },
    () => {},
  );
  if (!replayed.ok) throw new Error(replayed.error);
  expect(replayed.value.blocks.map((b) => [b.tUs, b.code])).toEqual([[blockedAt, stop]]);
  expect(replayed.value.energy.peak).toBeGreaterThan(0);
}, 120_000);
