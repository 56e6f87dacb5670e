import { parseDeployment } from "../../../src/node/deployment/index.ts";
import { bindChannels } from "../../../src/node/index.ts";
import { createKinematics } from "../../../src/core/robot/index.ts";
import { Camera } from "../../../src/edge/report/index.ts";
import { describe, expect, test } from "vitest";
import { demoCell } from "../../node/demo-cell.ts";

const deployment = (() => {
  const parsed = parseDeployment(
    demoCell({
      "gate.zones": { press: { kind: "forbidden", min: [-1, 0.5, 0], max: [-0.5, 1, 1] } },
    }),
    "cell.yaml",
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.deployment;
})();
const channels = bindChannels(deployment);
const kinematics = createKinematics(deployment.robot);
const scan = channels.find((c) => c.name === "base_scan")!;

/** a cell as a camera sees it: one scan with something near at one ray, an arm at rest */
const cellWith = (row: Float64Array, causes: readonly object[], at = 0) =>
  ({
    reflex: { motion: { at, position: new Float64Array(6) }, measured: [], causes: () => causes },
    snapshots: {
      lastAt: (i: number) => (i === scan.index ? 1 : -1),
      lastRow: (i: number) => (i === scan.index ? row : new Float64Array(0)),
    },
    pipeline: null,
  }) as unknown as Parameters<Camera["frame"]>[0];
const farScan = (): Float64Array => new Float64Array(181).fill(10);

describe("the picture of a cell", () => {
  test("its scene holds scanners with mounts, zones with their actions, forbidden boxes", () => {
    const { scene } = new Camera({ deployment, channels, kinematics });
    expect(scene.scanners).toMatchObject([{ name: "base_scan", xM: 0.62, yM: 0, maxM: 10 }]);
    expect(scene.zones).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: "danger", action: "stop", withinM: 0.9, scanner: 0 }),
        expect.objectContaining({ name: "approach", action: "slow", withinM: 1.9, scanner: 0 }),
        expect.objectContaining({ name: "tool", action: "stop", withinM: 0.2, scanner: -1 }),
      ]),
    );
    expect(scene.boxes).toMatchObject([{ name: "press", kind: "forbidden" }]);
    // a sector over both sides of straight ahead
    expect(scene.zones[0]!.fromRad).toBeCloseTo(-Math.PI / 2);
    expect(scene.zones[0]!.toRad).toBeCloseTo(Math.PI / 2);
  });

  test("the point that made a zone speak lies where its ray ends in the cell", () => {
    const row = farScan();
    row[120] = 0.7; // 30° to the left
    const cause = { code: "ZONE_STOP", source: "danger", active: true, severity: "stop" };
    const { hits, people, scans } = new Camera({ deployment, channels, kinematics }).frame(
      cellWith(row, [cause]),
      2_000_000,
    );
    expect(hits).toHaveLength(1);
    expect(hits[0]).toMatchObject({ rule: "danger", channel: "base_scan", distanceM: 0.7, blocks: true });
    expect((hits[0]!.angleRad * 180) / Math.PI).toBeCloseTo(30, 0);
    expect(hits[0]!.xM).toBeCloseTo(0.62 + 0.7 * Math.cos(Math.PI / 6), 2);
    expect(hits[0]!.yM).toBeCloseTo(0.35, 2);
    expect(people).toEqual([expect.closeTo(hits[0]!.xM, 2), expect.closeTo(hits[0]!.yM, 2)]);
    const bytes = Buffer.from(scans[0]!, "base64");
    expect(bytes).toHaveLength(2 * 181);
    expect(bytes.readUInt16LE(2 * 120)).toBe(700);
  });

  test("a thinned scan keeps the nearest of the rays that it puts together", () => {
    const row = farScan();
    row[121] = 0.4;
    const { scans } = new Camera({ deployment, channels, kinematics }).frame(cellWith(row, []), 0, 61);
    const bytes = Buffer.from(scans[0]!, "base64");
    expect(bytes).toHaveLength(2 * 61);
    expect(bytes.readUInt16LE(2 * 40)).toBe(400);
  });

  test("nothing is drawn of what is not known: no arm before the first joint reading, no untrusted scan", () => {
    const unknown = cellWith(farScan(), [], -1);
    const { arm } = new Camera({ deployment, channels, kinematics }).frame(unknown, 0);
    expect(arm).toEqual([]);
    const blind = { ...unknown, snapshots: { ...unknown.snapshots, lastAt: () => -1 } } as typeof unknown;
    expect(new Camera({ deployment, channels, kinematics }).frame(blind, 0).scans).toEqual([null]);
  });
});
