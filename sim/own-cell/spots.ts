import { atan2, cos, sin } from "../../src/core/base/math.ts";
import type { ChannelConfig, Deployment } from "../../src/core/domain/index.ts";

export type Point = readonly [x: number, y: number];

/** A place in the cell at which one rule sees a person, and one on the same line at which nothing does. */
export interface Spot {
  /** the rule's instance, as its causes name it */
  readonly rule: string;
  readonly kind: "zones" | "proximity" | "separation";
  readonly channel: string;
  /** false: it only slows */
  readonly stops: boolean;
  readonly inside: Point;
  readonly outside: Point;
}

/** of the distance at which a rule trips */
const INSIDE_SHARE = 0.6;
const OUTSIDE_ROOM_M = 1.5;
/** speed and separation reaches further the faster the arm is */
const SEPARATION_ROOM_M = 3;

/** Where a person has to go for each rule that looks for people. */
export function spotsOf(deployment: Deployment, reachM: number): readonly Spot[] {
  const { rules, robot, channels } = deployment;
  const wanted = [
    ...Object.entries(rules.zones).map(([rule, own]) => ({
      ...own,
      rule,
      kind: "zones" as const,
      limitM: own.withinM ?? 0,
      stops: own.action !== "slow",
    })),
    ...Object.entries(rules.proximity).map(([rule, own]) => ({
      ...own,
      rule,
      kind: "proximity" as const,
      limitM: own.minM,
      stops: true,
      polygonM: undefined,
    })),
    ...Object.entries(rules.separation).map(([rule, own]) => ({
      ...own,
      rule,
      kind: "separation" as const,
      limitM: Math.max(0.3, own.intrusionDistanceM),
      stops: true,
      polygonM: undefined,
    })),
  ].filter((own) => own.monitored);
  const farM = farthest(deployment, reachM);
  return wanted.flatMap((own) => {
    const channel = channels[own.channel];
    if (channel === undefined) return [];
    const ruleMount = "mount" in own ? own.mount : undefined;
    const mount = ruleMount ??
      channel.mount ?? { xM: robot.baseXM, yM: robot.baseYM, yawRad: robot.baseYawRad };
    const [angle, nearM] =
      own.polygonM === undefined
        ? [middleOf(own, channel), own.limitM * INSIDE_SHARE]
        : polar(centreOf(own.polygonM));
    const at = (distanceM: number): Point => [
      mount.xM + distanceM * cos(mount.yawRad + angle),
      mount.yM + distanceM * sin(mount.yawRad + angle),
    ];
    return [
      {
        rule: own.rule,
        kind: own.kind,
        channel: own.channel,
        stops: own.stops,
        inside: at(nearM),
        outside: at(nearM + farM),
      },
    ];
  });
}

/** A deployment states where a fan begins: most lie evenly about their angle 0, others go once around. */
export const fanEnd = (firstRad: number): number => (firstRad < 0 ? -firstRad : firstRad + 2 * Math.PI);

/** the middle of the rays that a rule looks at */
function middleOf(
  own: { readonly fromRad?: number | undefined; readonly toRad?: number | undefined },
  { quantity, angleMinRad = 0 }: ChannelConfig,
): number {
  if (quantity !== "scan") return 0;
  const first = angleMinRad;
  const last = fanEnd(first);
  return (Math.max(first, own.fromRad ?? first) + Math.min(last, own.toRad ?? last)) / 2;
}
const centreOf = (corners: readonly (readonly [number, number])[]): Point => [
  corners.reduce((sum, [x]) => sum + x, 0) / corners.length,
  corners.reduce((sum, [, y]) => sum + y, 0) / corners.length,
];
const polar = ([x, y]: Point): [angle: number, distance: number] => [atan2(y, x), Math.sqrt(x * x + y * y)];

/** How far away nothing sees anybody. */
function farthest({ rules }: Deployment, reachM: number): number {
  let far = OUTSIDE_ROOM_M;
  for (const { withinM, polygonM } of Object.values(rules.zones))
    far = Math.max(far, withinM ?? 0, ...(polygonM ?? []).map(([x, y]) => Math.sqrt(x * x + y * y)));
  for (const { minM, slowM } of Object.values(rules.proximity)) far = Math.max(far, slowM ?? minM);
  if (Object.keys(rules.separation).length > 0) far = Math.max(far, reachM + SEPARATION_ROOM_M);
  return far + OUTSIDE_ROOM_M;
}
