/**
 * An arm as plain numbers that a thread can be sent: turn about z, lever to the next point of the body, tilt
 * about x, turn about z, and so on to the tool. Any two axes differ by a tilt between two turns about z,
 * and those two are part of the joints' own turns: what is left per joint is a third of the work of a
 * general rotation. Read off from any kinematics by looking at its zero pose.
 */
export interface ArmChain {
  readonly joints: number;
  /** for each turn from base to tool: its place in the row of joint angles */
  readonly order: readonly number[];
  /** x y z of the first joint */
  readonly origin: readonly number[];
  /** 9: the frame whose z is the axis of the first joint */
  readonly root: readonly number[];
  /** for each turn: cosine and sine of the tilt of its axis against the one before; 1 0 for the first */
  readonly tilts: readonly number[];
  /** for each turn: what is added to the joint's angle */
  readonly phases: readonly number[];
  /** 3 per joint: from this joint to the next point of the body, in the joint's own frame */
  readonly levers: readonly number[];
}
