import { cos, PI, sin } from "../base/math.ts";
import type { RulesConfig } from "../domain/index.ts";
import type { ChannelInfo } from "./rule.ts";
import type { Corners } from "./seen-point.ts";
type Setting = Pick<RulesConfig["zones"][string], "polygonM" | "circleM" | "frame">;

const CIRCLE_CORNERS = 32;

/** A zone's corners in the scanner's own frame; a circle is the polygon around it. Undefined: a zone by distance. */
export function cornersInScanner(own: Setting, channel: ChannelInfo): Corners | undefined {
  const corners = cornersOf(own);
  if (corners === undefined || own.frame !== "cell") return corners;
  const { xM, yM, yawRad } = mountOf(channel);
  const [c, s] = [cos(yawRad), sin(yawRad)];
  return corners.map(([x, y]) => [c * (x - xM) + s * (y - yM), c * (y - yM) - s * (x - xM)]);
}

/** The same corners in the cell's frame. */
export function cornersInCell(own: Setting, channel: ChannelInfo): Corners | undefined {
  const corners = cornersOf(own);
  if (corners === undefined || own.frame === "cell") return corners;
  const { xM, yM, yawRad } = mountOf(channel);
  const [c, s] = [cos(yawRad), sin(yawRad)];
  return corners.map(([x, y]) => [xM + c * x - s * y, yM + s * x + c * y]);
}

export const mountOf = ({ config }: ChannelInfo): { xM: number; yM: number; yawRad: number } =>
  config.mount ?? { xM: 0, yM: 0, yawRad: 0 };

function cornersOf({ polygonM, circleM }: Setting): Corners | undefined {
  if (circleM === undefined) return polygonM;
  const radius = circleM.radiusM / cos(PI / CIRCLE_CORNERS);
  return Array.from({ length: CIRCLE_CORNERS }, (_, i) => {
    const angle = (2 * PI * i) / CIRCLE_CORNERS;
    return [circleM.xM + radius * cos(angle), circleM.yM + radius * sin(angle)] as const;
  });
}
