import { isBlocked } from "../../core/cell/index.ts";
import type { Deployment } from "../../core/domain/index.ts";
import { createKinematics, type Kinematics } from "../../core/robot/index.ts";
import type { Watched } from "./collector.ts";

/** What Foxglove's 3D panel draws: places of frames, and shapes in them. */
const time = { type: "object", properties: { sec: { type: "integer" }, nsec: { type: "integer" } } };
const numbers = (...names: readonly string[]): object => ({
  type: "object",
  properties: Object.fromEntries(names.map((name) => [name, { type: "number" }])),
});
const listOf = (properties: object): object => ({ type: "array", items: { type: "object", properties } });
const POINT = numbers("x", "y", "z");
const TURN = numbers("x", "y", "z", "w");
const COLOR = numbers("r", "g", "b", "a");
const pose = { type: "object", properties: { position: POINT, orientation: TURN } };
export const TRANSFORMS_SCHEMA = JSON.stringify({
  title: "foxglove.FrameTransforms",
  type: "object",
  properties: {
    transforms: listOf({
      timestamp: time,
      parent_frame_id: { type: "string" },
      child_frame_id: { type: "string" },
      translation: POINT,
      rotation: TURN,
    }),
  },
});
export const SCENE_SCHEMA = JSON.stringify({
  title: "foxglove.SceneUpdate",
  type: "object",
  properties: {
    deletions: listOf({ timestamp: time, type: { type: "integer" }, id: { type: "string" } }),
    entities: listOf({
      timestamp: time,
      frame_id: { type: "string" },
      id: { type: "string" },
      lifetime: time,
      frame_locked: { type: "boolean" },
      spheres: listOf({ pose, size: POINT, color: COLOR }),
      cubes: listOf({ pose, size: POINT, color: COLOR }),
      lines: listOf({
        type: { type: "integer" },
        pose,
        thickness: { type: "number" },
        scale_invariant: { type: "boolean" },
        points: { type: "array", items: POINT },
        color: COLOR,
      }),
    }),
  },
});

const FRAME = "cell";
const LINE_STRIP = 0;
/** A link whose thickness nothing says is drawn as thin as this. */
const THIN_M = 0.03;
const PERSON_M = 0.25;
const NOT_TURNED = { x: 0, y: 0, z: 0, w: 1 };
const AT_ORIGIN = { position: { x: 0, y: 0, z: 0 }, orientation: NOT_TURNED };
const FREE = { r: 0.2, g: 0.65, b: 0.4, a: 1 };
const BLOCKED = { r: 0.8, g: 0.2, b: 0.15, a: 1 };
const BOX = { forbidden: { r: 0.8, g: 0.2, b: 0.15, a: 0.3 }, work: { r: 0.2, g: 0.5, b: 0.9, a: 0.15 } };
const SEEN = { r: 0.9, g: 0.6, b: 0.1, a: 0.9 };

interface Scanner {
  readonly name: string;
  readonly mount: { readonly xM: number; readonly yM: number; readonly yawRad: number };
  readonly angleMinRad: number;
  readonly angleStepRad: number;
  nearestM: number;
  angle: number;
}

/** The cell as it is measured: the arm in the colour of its state, the zones, and the nearest point of each scan. */
export class Scene {
  readonly #node: Watched;
  readonly #arm: Kinematics;
  readonly #body: Float64Array;
  readonly #tool = new Float64Array(12);
  readonly #scanners: readonly (Scanner | null)[];
  readonly #boxes: readonly object[];

  constructor(node: Watched, urdf: string | undefined) {
    this.#node = node;
    this.#arm = createKinematics(node.deployment.robot, urdf);
    this.#body = new Float64Array(3 * this.#arm.bodyPoints);
    this.#scanners = node.channels.map(({ name, config }) =>
      config.quantity === "scan" && config.mount !== undefined
        ? {
            name,
            mount: config.mount,
            angleMinRad: config.angleMinRad ?? 0,
            angleStepRad: config.angleStepRad ?? 0,
            nearestM: Number.POSITIVE_INFINITY,
            angle: 0,
          }
        : null,
    );
    this.#boxes = Object.values(node.deployment.gate.zones).map(boxOf);
  }
  sample(channel: number, row: Float64Array, count: number): void {
    const scanner = this.#scanners[channel];
    if (scanner === null || scanner === undefined) return;
    scanner.nearestM = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++)
      if (row[i]! < scanner.nearestM) {
        scanner.nearestM = row[i]!;
        scanner.angle = scanner.angleMinRad + i * scanner.angleStepRad;
      }
  }
  /** Null before the arm was heard. */
  transforms(timestamp: object): object | null {
    const { motion } = this.#node.cell.reflex;
    if (motion.at < 0) return null;
    const m = this.#tool;
    this.#arm.toolPose(motion.position, m);
    const frame = (child: string, translation: object, rotation: object): object => ({
      timestamp,
      parent_frame_id: FRAME,
      child_frame_id: child,
      translation,
      rotation,
    });
    return {
      transforms: [
        frame("tool", { x: m[3]!, y: m[7]!, z: m[11]! }, turnOf(m)),
        ...this.#scanners.flatMap((s) =>
          s === null
            ? []
            : [
                frame(
                  s.name,
                  { x: s.mount.xM, y: s.mount.yM, z: 0 },
                  { x: 0, y: 0, z: Math.sin(s.mount.yawRad / 2), w: Math.cos(s.mount.yawRad / 2) },
                ),
              ],
        ),
      ],
    };
  }
  /** Null before the arm was heard. */
  update(timestamp: object): object | null {
    const { reflex, state } = this.#node.cell;
    if (reflex.motion.at < 0) return null;
    this.#arm.body(reflex.motion.position, this.#body);
    const entity = (id: string, frame: string, shapes: object): object => ({
      timestamp,
      frame_id: frame,
      id,
      lifetime: { sec: 0, nsec: 0 },
      frame_locked: true,
      ...{ spheres: [], cubes: [], lines: [] },
      ...shapes,
    });
    const color = isBlocked(state) ? BLOCKED : FREE;
    return {
      deletions: [],
      entities: [
        entity("arm", FRAME, { lines: this.#links(color) }),
        entity("zones", FRAME, { cubes: this.#boxes }),
        ...this.#scanners.flatMap((s) =>
          s === null || !Number.isFinite(s.nearestM)
            ? []
            : [entity(`nearest of ${s.name}`, s.name, { spheres: [seenOf(s)] })],
        ),
      ],
    };
  }
  #links(color: object): object[] {
    const at = (i: number): object => ({
      x: this.#body[3 * i]!,
      y: this.#body[3 * i + 1]!,
      z: this.#body[3 * i + 2]!,
    });
    return Array.from({ length: this.#arm.bodyPoints - 1 }, (_, i) => ({
      type: LINE_STRIP,
      pose: AT_ORIGIN,
      thickness: Math.max(THIN_M, 2 * (this.#arm.linkRadiiM[i] ?? 0)),
      scale_invariant: false,
      points: [at(i), at(i + 1)],
      color,
      colors: [],
      indices: [],
    }));
  }
}
function seenOf({ nearestM, angle }: Scanner): object {
  const position = { x: nearestM * Math.cos(angle), y: nearestM * Math.sin(angle), z: 0 };
  const size = { x: PERSON_M, y: PERSON_M, z: PERSON_M };
  return { pose: { position, orientation: NOT_TURNED }, size, color: SEEN };
}
function boxOf({ kind, min, max }: Deployment["gate"]["zones"][string]): object {
  const middle = (i: 0 | 1 | 2): number => (min[i] + max[i]) / 2;
  return {
    pose: { position: { x: middle(0), y: middle(1), z: middle(2) }, orientation: NOT_TURNED },
    size: { x: max[0] - min[0], y: max[1] - min[1], z: max[2] - min[2] },
    color: BOX[kind === "forbidden" ? "forbidden" : "work"],
  };
}
/** The turn of a pose of three rows and four columns, as a quaternion. */
export function turnOf(m: ArrayLike<number>): { x: number; y: number; z: number; w: number } {
  const at = (row: number, column: number): number => m[4 * row + column]!;
  const trace = at(0, 0) + at(1, 1) + at(2, 2);
  if (trace > 0) {
    const s = 2 * Math.sqrt(trace + 1);
    return {
      w: s / 4,
      x: (at(2, 1) - at(1, 2)) / s,
      y: (at(0, 2) - at(2, 0)) / s,
      z: (at(1, 0) - at(0, 1)) / s,
    };
  }
  const i = at(1, 1) > at(0, 0) ? (at(2, 2) > at(1, 1) ? 2 : 1) : at(2, 2) > at(0, 0) ? 2 : 0;
  const j = (i + 1) % 3;
  const k = (i + 2) % 3;
  const s = 2 * Math.sqrt(Math.max(0, 1 + at(i, i) - at(j, j) - at(k, k)));
  const turn = { x: 0, y: 0, z: 0, w: (at(k, j) - at(j, k)) / s };
  const axes = ["x", "y", "z"] as const;
  turn[axes[i]!] = s / 4;
  turn[axes[j]!] = (at(j, i) + at(i, j)) / s;
  turn[axes[k]!] = (at(k, i) + at(i, k)) / s;
  return turn;
}
