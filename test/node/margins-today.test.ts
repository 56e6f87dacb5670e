import { describe, expect, test } from "vitest";
import type { CellEvent } from "../../src/core/domain/index.ts";
import { Margin } from "../../src/core/reflex/index.ts";
import { MarginsToday } from "../../src/node/margins-today.ts";

const HOUR_US = 3_600_000_000;
const NOON_US = new Date(2026, 11, 1, 12).getTime() * 1_000;

/** one rule that reads a distance, on a cell whose clock began at noon */
function rig() {
  const margin = new Margin({
    code: "PROXIMITY_MIN",
    source: "tool",
    channel: "range",
    unit: "m",
    above: false,
    limit: 0.2,
  });
  let trustedAt = -1;
  let breaks = false;
  const rule = { listens: [0], margins: [margin], measure: () => {} };
  const cell = {
    reflex: {
      measured: [rule],
      measure: ({ values }: { values: Float64Array }) => {
        if (breaks) throw new Error("broken");
        margin.see(values[0]!);
      },
    },
    snapshots: { lastAt: () => trustedAt },
    wall: (t: number) => NOON_US + t,
  };
  const margins = new MarginsToday({ cell, channels: [{ index: 0 }] } as never);
  return {
    margins,
    breakIt: () => void (breaks = true),
    hear(t: number, value: number, trusted = true) {
      if (trusted) trustedAt = t;
      margins.hear({ kind: "sample", t, channel: 0, values: Float64Array.of(value) } as unknown as CellEvent);
    },
  };
}

describe("margins of today", () => {
  test("the least of all trusted readings stands beside the limit, with its time", () => {
    const { margins, hear } = rig();
    expect(margins.status()).toMatchObject([{ value: null, left: null, least: null, limit: 0.2 }]);
    hear(1_000, 1);
    hear(2_000, 0.25);
    hear(3_000, 2);
    const [row] = margins.status();
    expect(row).toMatchObject({ rule: "tool", side: "below", value: 2 });
    expect(row!.least).toEqual({ left: expect.closeTo(0.05), value: 0.25, at: NOON_US + 2_000 });
  });
  test("a reading that was not believed says nothing of how near it was", () => {
    const { margins, hear } = rig();
    hear(1_000, 1);
    hear(2_000, 0, false);
    expect(margins.status()[0]!.least).toMatchObject({ value: 1 });
  });
  test("a new day begins at midnight of this machine", () => {
    const { margins, hear } = rig();
    hear(1_000, 0.1);
    hear(11 * HOUR_US, 0.3);
    expect(margins.status()[0]!.least).toMatchObject({ value: 0.1 });
    hear(12 * HOUR_US + 1, 0.5);
    expect(margins.status()[0]!.least).toMatchObject({ value: 0.5 });
  });
  test("a rule that cannot measure shows no margins any more, and ends nothing", () => {
    const { margins, hear, breakIt } = rig();
    hear(1_000, 0.3);
    breakIt();
    hear(2_000, 0.3);
    expect(margins.status()).toEqual([]);
  });
});
