import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { TAPE_LOSS_MAX_US } from "../../../../src/core/domain/index.ts";
import { readTape } from "../../../../src/edge/recordings/tape/index.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-kill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A process that records two channels at 1 kHz and says how far it is. */
const WRITER = `
import { createTapeWriter } from ${JSON.stringify(new URL("../../../../src/edge/recordings/tape/index.ts", import.meta.url).href)};
const meta = { cell: "c", configHash: "h", configText: "{}", seed: 1, boot: 1, epoch: 1700000000000000, version: "0", channels: [{ name: "a", quantity: "wrench" }], files: new Map() };
const tape = createTapeWriter({ path: process.argv[1], meta, live: true, blackBox: { folder: process.argv[2] } });
const zero = process.hrtime.bigint();
const now = () => Number((process.hrtime.bigint() - zero) / 1000n);
tape.append({ kind: "start", t: 0, seq: 0, boot: 1, epoch: meta.epoch, latched: [], ledgerFault: null, configHash: "h", seed: 1 });
let seq = 1;
let boxed = false;
const values = new Float64Array(6);
setInterval(() => {
  while (seq * 1000 <= now()) tape.append({ kind: "sample", t: seq * 1000, seq, channel: 0, stamp: -1, sourceSeq: seq++, values });
  if (seq > 400 && !boxed) { boxed = true; tape.block("r1.400.0", "FORCE_LIMIT"); }
  process.stdout.write(now() + "\\n");
}, 5);
`;

test("kill −9 costs at most half a second of the tape and of the black box", async () => {
  for (const lifeMs of [900, 1_700]) {
    const path = join(folder, `${lifeMs}.mcap`);
    const boxes = join(folder, `boxes${lifeMs}`);
    const child = spawn(process.execPath, ["--input-type=module", "-e", WRITER, path, boxes], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      said = Number(chunk.toString().trim().split("\n").at(-1));
      if (said > lifeMs * 1_000) child.kill("SIGKILL");
    });
    await new Promise((resolve) => child.on("close", resolve));
    for (const file of [path, join(boxes, "r1.400.0.mcap")]) {
      const tape = readTape(file);
      if (!tape.ok) throw new Error(tape.error);
      let last = -1;
      let seq = -1;
      for (const event of tape.value.events()) {
        expect(event.seq).toBe(seq + 1);
        seq = event.seq;
        last = event.t;
      }
      // what the writer had said is a little older than what it had recorded; a loaded machine may stall it
      expect(said - last, `${file}: recorded up to ${last} of ${said}`).toBeLessThanOrEqual(
        TAPE_LOSS_MAX_US + 250_000,
      );
    }
  }
}, 120_000);
