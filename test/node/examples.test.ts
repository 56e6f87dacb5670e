import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Effect } from "../../src/core/domain/index.ts";
import { runNode } from "../../src/fleet/index.ts";

/** Each example runs without its wires: it is let go, and what it guards stops it. */
const folder = mkdtempSync(join(tmpdir(), "cellgate-examples-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ["serial-cell", "PROXIMITY_MIN", 10],
  ["udp-cell", "FORCE_LIMIT", 14],
  ["tcp-cell", "PROXIMITY_MIN", 10],
  ["modbus-cell", "ESTOP_PRESSED", 14],
  ["sparkplug-cell", "PROXIMITY_MIN", 10],
  ["mixed-cell", "SLOW_NOT_CARRIED", 10],
  ["base-cell", "ZONE_STOP", 10],
] as const)("%s", async (name, stop, seconds) => {
  const codes = new Set<string>();
  const states = new Set<string>();
  await runNode({
    deployment: resolve(import.meta.dirname, `../../launch/${name}.yaml`),
    dataDir: join(folder, name),
    seed: 7,
    lengthMs: seconds * 1_000,
    speed: "max",
    simulate: {},
    follow: (life) => {
      life.observe((effect: Effect) => {
        if (effect.kind === "block" && effect.first) codes.add(effect.code);
        if (effect.kind === "receipt" && effect.receipt.body.receipt_type === "state_change")
          states.add(effect.receipt.body.to);
      });
      return {};
    },
  });
  expect([...states]).toContain("RUNNING");
  expect([...codes]).toContain(stop);
});
