// What a picture is painted with. Flat shapes only: WebGL has them as triangles, a 2-D canvas as paths.
export type Color = readonly [r: number, g: number, b: number, a: number];

export interface Painter {
  readonly kind: "webgl" | "2d";
  /** begins a picture of this size in pixels; x and y of all shapes are pixels from the upper left corner */
  begin(width: number, height: number, ground: Color): void;
  /** a closed shape that is star-shaped around its first point: fans, discs, convex polygons */
  fan(points: readonly number[], color: Color): void;
  line(points: readonly number[], width: number, color: Color, dashPx?: number): void;
  /** shows what was painted since `begin` */
  end(): void;
}

/** `rgb(1, 2, 3)` and `rgb(1 2 3 / 0.5)` as a browser resolves colours */
export function colorOfCss(css: string, alpha = 1): Color {
  const [r = 0, g = 0, b = 0, a = 1] = (css.match(/[\d.]+/g) ?? []).map(Number);
  return [r / 255, g / 255, b / 255, a * alpha];
}
export const withAlpha = ([r, g, b]: Color, alpha: number): Color => [r, g, b, alpha];

const DISC_CORNERS = 28;
/** points of a circle, the first one in its middle */
export function disc(x: number, y: number, radius: number, from = 0, to = 2 * Math.PI): number[] {
  const points = [x, y];
  const corners = Math.max(3, Math.ceil((DISC_CORNERS * Math.abs(to - from)) / (2 * Math.PI)) * 2);
  for (let i = 0; i <= corners; i++) {
    const angle = from + ((to - from) * i) / corners;
    points.push(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
  }
  return points;
}
/** the outline of a circle, or of a part of one with its two sides */
export function ring(x: number, y: number, radius: number, from = 0, to = 2 * Math.PI): number[] {
  const all = disc(x, y, radius, from, to);
  const whole = to - from >= 2 * Math.PI - 1e-6;
  return whole ? all.slice(2) : [...all, x, y];
}
