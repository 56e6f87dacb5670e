/**
 * The cell from above, as data: what never changes while it runs (the scene), and what it looked like at a moment (a
 * frame). Metres and radians in the cell's frame. The node makes both, the page and reports draw them.
 */
export interface Scene {
  /** thickness of each link around the line to the next point of the arm, base to tool; 0 where nothing says it */
  readonly linkRadiiM: readonly number[];
  readonly scanners: readonly Scanner[];
  /** sensors that tell a distance without a direction */
  readonly rangers: readonly string[];
  readonly zones: readonly ZonePicture[];
  /** rules that keep a distance which moves with the speed */
  readonly separations: readonly string[];
  readonly boxes: readonly Box[];
  /** uncertainty of where a sensed person is */
  readonly personRadiusM: number;
}
export interface Scanner {
  readonly name: string;
  readonly xM: number;
  readonly yM: number;
  readonly yawRad: number;
  readonly fromRad: number;
  readonly stepRad: number;
  /** farther than this nothing was met */
  readonly maxM: number;
}
/** A zone in the frame of its scanner. */
export interface ZonePicture {
  readonly name: string;
  readonly action: "slow" | "hold" | "stop" | "limit" | "approach";
  /** which scanner; -1: a sensor without direction, drawn around the tool */
  readonly scanner: number;
  readonly withinM: number | null;
  readonly polygonM: readonly (readonly [number, number])[] | null;
  /** the part of a scan that counts */
  readonly fromRad: number;
  readonly toRad: number;
}
export interface Box {
  readonly name: string;
  readonly kind: "forbidden" | "work";
  /** x y z of the lower and of the upper corner */
  readonly min: readonly number[];
  readonly max: readonly number[];
}

export interface Frame {
  /** seconds of the run */
  readonly t: number;
  /** x y z of each point of the arm, base to tool; empty: where it is is not known */
  readonly arm: readonly number[];
  /** one text per scanner: ranges in millimetres, two bytes each, base 64; null: nothing trusted */
  readonly scans: readonly (string | null)[];
  /** one per sensor without direction; null: nothing trusted */
  readonly ranges: readonly (number | null)[];
  readonly rings: readonly Ring[];
  /** x y of each sensed person */
  readonly people: readonly number[];
  readonly hits: readonly Hit[];
  readonly plans: readonly PlanPicture[];
}
/** A distance that is kept, as it stands at this speed. */
export interface Ring {
  readonly rule: string;
  readonly distanceM: number;
  readonly neededM: number;
}
/** The point that made a rule speak. */
export interface Hit {
  readonly rule: string;
  readonly code: string;
  readonly channel: string;
  readonly xM: number;
  readonly yM: number;
  /** from the sensor, and from straight ahead of it */
  readonly distanceM: number;
  readonly angleRad: number;
  readonly blocks: boolean;
}
/** A motion that is open: where the tool goes, where it would stand, and the worst that a trial made of it. */
export interface PlanPicture {
  readonly actionId: string;
  readonly state: string;
  readonly verdict: string | null;
  /** x y z of the tool along the way */
  readonly way: readonly number[];
  /** points of the arm at the end */
  readonly ghost: readonly number[];
  readonly worst: {
    readonly cause: string;
    readonly way: readonly number[];
    /** x y from and x y to of each person in that trial */
    readonly walks: readonly number[];
  } | null;
}

/** A recording of frames with the scene that they stand in. */
export interface Film {
  readonly scene: Scene;
  readonly frames: readonly Frame[];
}
