import { describe, expect, it } from "vitest";
import { cellOfArm } from "../../src/core/physics/arm-cell.ts";
import { ArmMotion } from "../../src/core/physics/arm-motion.ts";
import type { CellDescription } from "../../src/core/physics/cell.ts";
import { EmbeddedRun } from "../../src/core/physics/embedded-engine.ts";
import { framePlaces } from "../../src/core/physics/engine.ts";
import { openMujoco } from "../../sim/engines/mujoco.ts";
import { RehearsalDirector, type RehearsalSetting } from "../../src/core/physics/rehearsal.ts";
import { SmoothPath } from "../../src/core/physics/smooth-path.ts";
import { createPrng } from "../../src/core/base/prng.ts";
import type { RobotConfig } from "../../src/core/domain/index.ts";
import { armChainOf } from "../../src/core/gate/index.ts";
import { type ArmChain, createKinematics } from "../../src/core/robot/index.ts";
import { robotOf, SIX_AXIS, sixAxisYaml, ur5eYaml } from "../core/robot/arms.ts";

interface Arm {
  readonly chain: ArmChain;
  readonly cell: CellDescription;
  readonly robot: RobotConfig;
}
function armOf(robot: RobotConfig, urdf?: string): Arm {
  const kinematics = createKinematics(robot, urdf);
  if ("missing" in kinematics.dynamics) throw new Error(kinematics.dynamics.missing);
  const chain = armChainOf(kinematics);
  return { chain, cell: cellOfArm(chain, kinematics.dynamics)!, robot };
}
/** No base yaw: MuJoCo reads the URDF without the deployment's place of the base. */
const plain = sixAxisYaml()
  .replace("baseXM: 0.3", "baseXM: 0")
  .replace("baseYM: -0.2", "baseYM: 0")
  .replace("baseYawRad: 0.7", "baseYawRad: 0");
const sevenJoints = (): string =>
  ur5eYaml()
    .replace(
      "    - { name: wrist_3_joint",
      "    - { name: extra, minRad: -6, maxRad: 6, maxRadPerS: 3, maxRadPerS2: 20, maxEffortNm: 28 }\n    - { name: wrist_3_joint",
    )
    .replace(
      "      - { aM: 0, alphaRad: 0, dM: 0.0996 }",
      "      - { aM: 0.02, alphaRad: 0.6, dM: 0.05, thetaOffsetRad: 0.4 }\n      - { aM: 0, alphaRad: 0, dM: 0.0996 }",
    )
    .replace(
      "      - massKg: 0.365",
      "      - { massKg: 0.8, centreM: [0.01, 0, 0.02], inertiaKgM2: { xx: 0.001, yy: 0.001, zz: 0.001, xy: 0.0003 } }\n      - massKg: 0.365",
    )
    .replace("0.07, 0.06]", "0.07, 0.07, 0.06]")
    .replace("massMovingKg: 18", "massMovingKg: 19");
const oneJoint = `robot:
  name: swing
  massMovingKg: 4
  payloadKg: 1
  stopTimeMs: 200
  stopDistanceM: 0.1
  maxToolSpeedMPerS: 2
  positionUncertaintyM: 0.01
  joints:
    - { name: only, minRad: -3, maxRad: 3, maxRadPerS: 3, maxRadPerS2: 10, maxEffortNm: 60 }
  kinematics: { dh: [{ aM: 0.5, alphaRad: 0.3, dM: 0.2 }] }
  dynamics:
    source: invented
    linkRadiiM: [0.05]
    links: [{ massKg: 4, centreM: [-0.2, 0.01, 0], inertiaKgM2: { xx: 0.01, yy: 0.1, zz: 0.1, xz: 0.004 } }]
`;
const ARMS: readonly [string, Arm][] = [
  ["six axes from a URDF", armOf(robotOf(sixAxisYaml()), SIX_AXIS)],
  ["UR5e from its table", armOf(robotOf(ur5eYaml()))],
  ["seven axes", armOf(robotOf(sevenJoints()))],
  ["one axis", armOf(robotOf(oneJoint))],
];

/** A wide move of all joints in two seconds, with a load and friction that the controller misjudges. */
function move({ cell, chain }: Arm, person: readonly [number, number] | null = null): RehearsalSetting {
  const steps = 50;
  const n = chain.joints;
  const prng = createPrng(4).split("move");
  const from = Array.from({ length: n }, () => prng.nextFloat() - 0.5);
  const way = Array.from({ length: n }, () => 1.2 * (prng.nextFloat() - 0.5));
  const q: number[] = [];
  for (let k = 0; k < steps; k++)
    for (let i = 0; i < n; i++) {
      const j = chain.order[i]!;
      q.push(chain.phases[i]! + from[j]! + way[j]! * Math.sin((Math.PI * k) / (steps - 1)));
    }
  return {
    cell,
    plan: { joints: n, steps, dtS: 2 / (steps - 1), q },
    nominalKg: 2,
    actualKg: 2.4,
    frictionFactor: 1.7,
    person,
  };
}

interface Run {
  readonly frames: Float64Array[];
}
function run(
  setting: RehearsalSetting,
  engine: { step(c: Float64Array): void; frame: Float64Array },
  torques: boolean,
): Run {
  const director = new RehearsalDirector(setting, torques);
  const frames: Float64Array[] = [];
  for (let k = 1; k * 1e-3 < director.lengthS; k++) {
    director.seek(k * 1e-3);
    engine.step(director.command);
    frames.push(engine.frame.slice());
  }
  return { frames };
}
async function both(setting: RehearsalSetting): Promise<[Run, Run]> {
  const start = { command: new RehearsalDirector(setting, true).command.slice(), scanEvery: 0 };
  const opened = await openMujoco(setting.cell);
  if (!opened.ok) throw new Error(opened.error);
  return [
    run(setting, new EmbeddedRun(setting.cell, start), false),
    run(setting, opened.value.start(start), true),
  ];
}
function far([a, b]: [Run, Run], from: number, count: number, until = a.frames.length): number {
  let most = 0;
  for (let k = 50; k < until; k++)
    for (let i = 0; i < count; i++)
      most = Math.max(most, Math.abs(a.frames[k]![from + i]! - b.frames[k]![from + i]!));
  return most;
}

describe("the embedded engine against MuJoCo, for arms that a deployment describes", () => {
  it.each(ARMS)("%s: angles within 0.1 mrad over a whole move", async (_, arm) => {
    const runs = await both(move(arm));
    const n = arm.chain.joints;
    const mrad = 1e3 * far(runs, 0, n);
    const loose = run(
      { ...move(arm), actualKg: 2, frictionFactor: 0 },
      new EmbeddedRun(arm.cell, {
        command: new RehearsalDirector(move(arm), false).command.slice(),
        scanEvery: 0,
      }),
      false,
    );
    // the load that was misjudged moves the arm by more than the engines differ
    expect(1e3 * far([runs[0], loose], 0, n)).toBeGreaterThan(3 * mrad);
    expect(mrad).toBeLessThan(0.1);
  });
  it.each(ARMS.slice(0, 2))("%s: somebody is met in the same moment, with the same force", async (_, arm) => {
    const setting = move(arm);
    const tool = reachedBy(setting);
    const [a, b] = await both({ ...setting, person: tool });
    const { contactForce } = framePlaces(arm.chain.joints);
    const first = ({ frames }: Run) => frames.findIndex((f) => f[contactForce]! > 0);
    const peak = ({ frames }: Run) =>
      Math.max(...frames.slice(0, first(a) + 60).map((f) => f[contactForce]!));
    expect(first(a)).toBeGreaterThan(100);
    expect(Math.abs(first(a) - first(b))).toBeLessThanOrEqual(2);
    expect(Math.abs(peak(a) / peak(b) - 1)).toBeLessThan(0.05);
  });
});
/** 0.1 m beyond the farthest place on the floor plan that the tool comes to, seen from its start */
function reachedBy(setting: RehearsalSetting): readonly [number, number] {
  const engine = new EmbeddedRun(setting.cell, {
    command: new RehearsalDirector(setting, false).command.slice(),
    scanEvery: 0,
  });
  const director = new RehearsalDirector(setting, false);
  const start = engine.tool.slice();
  let best = [0, 0, 0];
  for (let k = 1; k * 1e-3 < director.lengthS; k++) {
    director.seek(k * 1e-3);
    engine.step(director.command);
    const [dx, dy] = [engine.tool[0]! - start[0]!, engine.tool[1]! - start[1]!];
    if (Math.hypot(dx, dy) > best[2]!) best = [dx, dy, Math.hypot(dx, dy)];
  }
  const scale = (best[2]! + 0.1) / best[2]!;
  return [start[0]! + best[0]! * scale, start[1]! + best[1]! * scale];
}

describe("the URDF as MuJoCo itself reads it", () => {
  it("needs the same torques for the same motion: 200 poses, speeds and accelerations", async () => {
    // MuJoCo leaves out the rotation of an <inertial>; that one is held by hand in the tests of the reader
    const text = SIX_AXIS.replace(/(<inertial>\s*<origin xyz="[^"]*") rpy="[^"]*"/g, "$1");
    const arm = armOf(robotOf(plain), text);
    const { default: load } = (await import("mujoco-js")) as unknown as { default: () => Promise<Mujoco> };
    const mujoco = await load();
    mujoco.FS.writeFile("/six.urdf", forMujoco(text));
    const model = mujoco.MjModel.loadFromXML("/six.urdf");
    const data = new mujoco.MjData(model);
    const motion = new ArmMotion({
      ...arm.cell,
      arm: { ...arm.cell.arm, joints: arm.cell.arm.joints.map((j) => ({ ...j, rotorInertiaKgM2: 0 })) },
    });
    const prng = createPrng(9).split("poses");
    const draw = (scale: number) => Array.from({ length: 6 }, () => scale * (prng.nextFloat() - 0.5));
    const torque = new Float64Array(6);
    let worst = 0;
    let largest = 0;
    for (let pose = 0; pose < 200; pose++) {
      const [q, qd, qdd] = [draw(4), draw(4), draw(10)];
      // the finger, which is no joint of the arm, stands still
      [data.qpos, data.qvel, data.qacc].forEach((row, k) => row.set([...[q, qd, qdd][k]!, 0]));
      mujoco.mj_inverse(model, data);
      motion.update(
        q.map((v, i) => v + arm.chain.phases[i]!),
        qd,
        qdd,
      );
      motion.torques(0, torque);
      for (let i = 0; i < 6; i++) {
        worst = Math.max(worst, Math.abs(torque[i]! - data.qfrc_inverse[i]!));
        largest = Math.max(largest, Math.abs(torque[i]!));
      }
    }
    expect(largest).toBeGreaterThan(100);
    expect(worst).toBeLessThan(1e-5);
    data.delete();
    model.delete();
  });
});
/** Masses and axes alone: no stops, no friction, nothing that touches, no links joined beforehand. */
const forMujoco = (urdf: string): string =>
  urdf
    .replace(/<(limit|dynamics)[^>]*\/>/g, "")
    .replace(/<collision>[\s\S]*?<\/collision>/g, "")
    .replace(
      '<robot name="six_axis">',
      '<robot name="six_axis"><mujoco><compiler fusestatic="false"/></mujoco>',
    );
interface Rows {
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly qacc: Float64Array;
  readonly qfrc_inverse: Float64Array;
  delete(): void;
}
interface Mujoco {
  readonly FS: { writeFile(path: string, text: string): void };
  readonly MjModel: { loadFromXML(path: string): { delete(): void } };
  readonly MjData: new (model: unknown) => Rows;
  mj_inverse(model: unknown, data: unknown): void;
}

describe("a plan as a controller runs it", () => {
  const corner = {
    joints: 1,
    steps: 41,
    dtS: 0.05,
    q: Array.from({ length: 41 }, (_, k) => (k < 20 ? 0 : (k - 20) * 0.05)),
  };
  it("begins and ends at rest on the plan's ends; no joint is faster or speeds up faster than it may", () => {
    const path = new SmoothPath(corner, [8]);
    expect([path.q[0], path.qd[0], path.qdd[0]]).toEqual([0, 0, 0]);
    let before = path.q[0]!;
    for (let t = 0; t <= path.lengthS; t += 1e-3) {
      path.seek(t);
      expect(Math.abs(path.q[0]! - before)).toBeLessThan(1.001e-3);
      expect(Math.abs(path.qd[0]!)).toBeLessThanOrEqual(1 + 1e-9);
      expect(Math.abs(path.qdd[0]!)).toBeLessThanOrEqual(8 + 1e-9);
      before = path.q[0]!;
    }
    path.seek(path.lengthS);
    expect(path.q[0]).toBeCloseTo(1, 12);
    expect(path.qd[0]).toBeCloseTo(0, 12);
  });
  it("stays near the rows", () => {
    const wave = (k: number): number => 0.5 - 0.5 * Math.cos((Math.PI * k) / 20);
    const path = new SmoothPath({ ...corner, q: corner.q.map((_, k) => wave(k)) }, [8]);
    for (let k = 0; k < 41; k++) {
      let nearest = 9;
      for (let t = 0; t <= path.lengthS; t += 2e-3) {
        path.seek(t);
        nearest = Math.min(nearest, Math.abs(path.q[0]! - wave(k)));
      }
      expect(nearest).toBeLessThan(0.005);
    }
  });
});
