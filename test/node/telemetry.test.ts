import { describe, expect, test } from "vitest";
import type { NodeStatus } from "../../src/core/domain/index.ts";
import { Telemetry } from "../../src/node/telemetry.ts";

const statusOf = (at: number, value: number, more: Partial<NodeStatus> = {}): NodeStatus =>
  ({
    cell: "cell_1",
    at,
    state: "RUNNING",
    may_move: true,
    why: { code: "CELL_RUNNING" },
    causes: [],
    channels: [
      { name: "Curtain 1", quantity: "range", unit: "m", value, limit: { value: 2 }, health: "good" },
    ],
    margins: [
      {
        rule: "proximity/curtain",
        code: "PROXIMITY_MIN",
        channel: "Curtain 1",
        unit: "m",
        side: "below",
        value,
        limit: 2,
        left: value - 2,
        least: null,
      },
    ],
    energy: { v_s: 0.5, threshold: 4 },
    gate: { counts: { green: 1 } },
    ...more,
  }) as unknown as NodeStatus;
const SET = { base: "acme/line4", deadband: 0.01, everySeconds: 10 };
const addresses = (of: Telemetry, status: NodeStatus): string[] => of.due(status).map((a) => a.address);
const ALL = [
  "~/telemetry/cell",
  "~/telemetry/channel/curtain_1",
  "~/telemetry/margin/proximity_curtain/proximity_min",
];

describe("figures for a plant", () => {
  test("all at first, then what differs by more than the deadband, then all again after a while", () => {
    const telemetry = new Telemetry(SET);
    expect(addresses(telemetry, statusOf(0, 3))).toEqual(ALL);
    expect(addresses(telemetry, statusOf(1e6, 3.01))).toEqual([]);
    expect(addresses(telemetry, statusOf(2e6, 3.03))).toEqual(ALL.slice(1));
    expect(addresses(telemetry, statusOf(3e6, 3.03, { state: "STOPPED" }))).toEqual([ALL[0]]);
    expect(addresses(telemetry, statusOf(10e6, 3.03))).toEqual([ALL[0]]);
    expect(addresses(telemetry, statusOf(12e6, 3.03))).toEqual(ALL.slice(1));
  });
  test("slow creeping is not lost: each step is compared with what was said last", () => {
    const telemetry = new Telemetry({ ...SET, everySeconds: 3_600 });
    telemetry.due(statusOf(0, 3));
    let said = 0;
    for (let i = 1; i <= 100; i++)
      said += telemetry
        .due(statusOf(i * 1e6, 3 + i * 0.006))
        .filter((a) => a.address.includes("channel")).length;
    expect(said).toBe(25);
  });
  test("a source that falls silent, and one without a reading, are said at once", () => {
    const telemetry = new Telemetry(SET);
    telemetry.due(statusOf(0, 3));
    const silent = statusOf(1e6, 3);
    const gone = {
      ...silent,
      channels: [{ ...silent.channels[0]!, value: null, health: "stale" }],
    } as NodeStatus;
    expect(telemetry.due(gone).map((a) => a.body)).toMatchObject([
      { value: null, health: "stale", unit: "m" },
    ]);
  });
  test("Home Assistant is told once, retained, where to look", () => {
    const telemetry = new Telemetry({ ...SET, homeAssistant: "homeassistant" });
    const found = telemetry.due(statusOf(0, 3)).filter((a) => a.retain);
    expect(found.map((a) => a.address)).toEqual([
      "homeassistant/sensor/cell_1_cell/config",
      "homeassistant/sensor/cell_1_channel_curtain_1/config",
      "homeassistant/sensor/cell_1_margin_proximity_curtain_proximity_min/config",
    ]);
    expect(found[1]!.body).toMatchObject({
      state_topic: "acme/line4/cell_1/telemetry/channel/curtain_1",
      value_template: "{{ value_json.value }}",
      unit_of_measurement: "m",
    });
    expect(telemetry.due(statusOf(60e6, 3)).some((a) => a.retain)).toBe(false);
  });
});
