import { describe, expect, test } from "vitest";
import { createKinematics } from "../../../src/core/robot/index.ts";
import { Scene, turnOf } from "../../../src/lab/replay/scene.ts";
import { DEMO_TEXT } from "../../node/in-process.ts";
import { parseDeployment } from "../../../src/node/deployment/index.ts";
import { bindChannels } from "../../../src/node/index.ts";

/** The pose's turn applied to a direction. */
function turned({ x, y, z, w }: ReturnType<typeof turnOf>, v: readonly [number, number, number]): number[] {
  const t = [2 * (y * v[2] - z * v[1]), 2 * (z * v[0] - x * v[2]), 2 * (x * v[1] - y * v[0])] as const;
  return [
    v[0] + w * t[0] + y * t[2] - z * t[1],
    v[1] + w * t[1] + z * t[0] - x * t[2],
    v[2] + w * t[2] + x * t[1] - y * t[0],
  ];
}

describe("the scene of a replay", () => {
  const loaded = parseDeployment(DEMO_TEXT, "launch/demo-cell.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { deployment } = loaded;
  const arm = createKinematics(deployment.robot);

  test("the tool's turn is that of its pose, for any joints", () => {
    const m = new Float64Array(12);
    for (let n = 0; n < 200; n++) {
      const q = Float64Array.from({ length: arm.joints }, (_, i) => 3 * Math.sin(n * (i + 1.3)));
      arm.toolPose(q, m);
      const turn = turnOf(m);
      expect(turn.x ** 2 + turn.y ** 2 + turn.z ** 2 + turn.w ** 2).toBeCloseTo(1, 9);
      for (const [axis, unit] of [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ].entries())
        turned(turn, unit as [number, number, number]).forEach((value, row) =>
          expect(value).toBeCloseTo(m[4 * row + axis]!, 9),
        );
    }
  });

  test("the arm stands where its joints say, and nothing is drawn before they spoke", () => {
    const position = new Float64Array(arm.joints).fill(0.3);
    const cell = (at: number) => ({ reflex: { motion: { at, position } }, state: "RUNNING" });
    const sceneAt = (at: number) =>
      new Scene({ cell: cell(at), deployment, channels: bindChannels(deployment) } as never, undefined);
    expect(sceneAt(-1).update({})).toBeNull();
    expect(sceneAt(-1).transforms({})).toBeNull();
    const { entities } = sceneAt(5).update({}) as {
      entities: { id: string; lines: { points: { x: number; y: number; z: number }[] }[] }[];
    };
    const { lines } = entities.find(({ id }) => id === "arm")!;
    const tool = new Float64Array(3);
    arm.tool(position, tool);
    const { x, y, z } = lines.at(-1)!.points[1]!;
    expect([x, y, z]).toEqual([...tool]);
    expect(lines).toHaveLength(arm.bodyPoints - 1);
  });
});
