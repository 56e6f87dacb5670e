import type { ArmDynamics, MissingDynamics } from "./dynamics.ts";

/** Where the arm is and how fast its tool moves, from joint angles. Allocates nothing after its making. */
export interface Kinematics {
  readonly joints: number;
  /** what the arm weighs and what drives it, as far as its description says */
  readonly dynamics: ArmDynamics | MissingDynamics;
  /** thickness of each link around the line to the next body point, base to tool; 0 where nothing says it */
  readonly linkRadiiM: readonly number[];
  /** writes x y z of the tool point in the cell's frame */
  tool(q: ArrayLike<number>, out: Float64Array): void;
  /** speed of the tool point in m/s for joint speeds `qd` */
  toolSpeed(q: ArrayLike<number>, qd: ArrayLike<number>): number;
  /** number of points that stand for the arm's body (joint origins and tool) */
  readonly bodyPoints: number;
  /** writes x y z of every body point in the cell's frame */
  body(q: ArrayLike<number>, out: Float64Array): void;
  /** writes the tool's pose as a 3×4 matrix, row by row: rotation and position in the cell's frame */
  toolPose(q: ArrayLike<number>, out: Float64Array): void;
  /** writes the tool point's Jacobian, row by row: 3 rows of linear, 3 rows of angular velocity per joint speed */
  jacobian(q: ArrayLike<number>, out: Float64Array): void;
}
