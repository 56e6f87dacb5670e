import { describe, expect, test } from "vitest";
import { channelIndexOf, microsOf } from "../../../src/core/domain/index.ts";
import { FieldRuler } from "../../../src/lab/promotion/field-ruler.ts";
import { parseDeployment } from "../../../src/node/deployment/index.ts";
import { DEMO_TEXT } from "../../node/in-process.ts";

const POLYGON = DEMO_TEXT.replace(
  /action: stop, withinM: [\d.]+/,
  "action: stop, polygonM: [[0.0, -0.9], [0.9, -0.9], [0.9, 0.9], [0.0, 0.9]]",
);

/** A scan whose nearest ray comes as near as it is told, the same in all directions. */
function ruled(distances: readonly number[]): FieldRuler {
  const loaded = parseDeployment(POLYGON, "launch/demo-cell.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const ruler = new FieldRuler(loaded.deployment, {}, 0);
  const scan = channelIndexOf(Object.keys(loaded.deployment.channels).indexOf("base_scan"));
  distances.forEach((distance, i) =>
    ruler.sample(microsOf(i * 25_000), scan, new Float64Array(270).fill(distance), -1, -1),
  );
  return ruler;
}

describe("the ruler of recordings uses the rules' own margins", () => {
  test("a zone by polygon is a hazard, as one by distance is", () => {
    const entered = ruled([3, 2, 1.5, 0.6, 0.5, 2, 3]);
    expect(entered.windows()).toHaveLength(1);
    expect(entered.windows()[0]!.fromUs).toBe(75_000);
    expect(entered.worstOutside([])).toBeGreaterThan(1);
    const passed = ruled([3, 2, 1.5, 2, 3]);
    expect(passed.windows()).toEqual([]);
    expect(passed.worstOutside([])).toBeLessThan(1);
    expect(passed.worstOutside([])).toBeGreaterThan(ruled([3, 3, 3]).worstOutside([]));
  });
});
