/** Where a figure comes from, and under which terms it may be used. */
export interface FigureSource {
  readonly what: string;
  readonly licence: string;
}
export interface ModelJoint {
  readonly name: string;
  readonly minRad: number;
  readonly maxRad: number;
  readonly maxRadPerS: number;
  /** "not known": the maker publishes none */
  readonly maxRadPerS2: number | "not known";
  readonly maxEffortNm?: number;
}
/** One row of a standard Denavit-Hartenberg table. */
export interface ModelRow {
  readonly aM: number;
  readonly alphaRad: number;
  readonly dM: number;
  readonly thetaOffsetRad?: number;
}

/** What the makers of a robot publish about it. Nothing here was measured on yours. */
export interface RobotModel {
  readonly name: string;
  readonly title: string;
  readonly kind: "arm" | "base";
  readonly joints: readonly ModelJoint[];
  readonly dh: readonly ModelRow[];
  readonly massMovingKg: number;
  /** heaviest load that the maker allows, tool included */
  readonly payloadKg: number;
  /** worst case of the maker for the whole robot; "not known": no such number is public */
  readonly stopTimeMs: number | "not known";
  readonly stopDistanceM: number | "not known";
  readonly sources: {
    readonly kinematics: FigureSource;
    readonly limits: FigureSource;
    readonly masses: FigureSource;
    readonly stopping: FigureSource;
  };
}

/** Figures are facts; what is stated here is where each was read. */
export const FACTS = "figures of a public data sheet or manual, stated as facts";
/** A chart depends on load, reach and speed; the one worst number for a cell is not in it. */
export const NO_STOPPING: FigureSource = {
  what: "no single worst-case number is public; the maker's charts depend on load, reach and speed",
  licence: "none",
};

export const RIGHT = Math.PI / 2;
/** an angle of a data sheet, rounded as people write it */
export const degrees = (angle: number): number => Number(((angle * Math.PI) / 180).toFixed(4));

/** A joint as makers state it: degrees, degrees per second, newton metre. */
export const jointOf = (
  name: string,
  range: readonly [number, number],
  degPerS: number,
  maxEffortNm?: number,
  maxRadPerS2: number | "not known" = "not known",
): ModelJoint => ({
  name,
  minRad: degrees(range[0]),
  maxRad: degrees(range[1]),
  maxRadPerS: degrees(degPerS),
  maxRadPerS2,
  ...(maxEffortNm !== undefined && { maxEffortNm }),
});
export const row = (dM: number, aM: number, alphaRad: number, thetaOffsetRad?: number): ModelRow => ({
  aM,
  alphaRad,
  dM,
  ...(thetaOffsetRad !== undefined && { thetaOffsetRad }),
});
