// Paints with a 2-D canvas: for browsers and machines without WebGL.
import type { Color, Painter } from "./painter.ts";

const css = ([r, g, b, a]: Color): string =>
  `rgb(${Math.round(r * 255)} ${Math.round(g * 255)} ${Math.round(b * 255)} / ${a})`;

export function painter2d(canvas: HTMLCanvasElement): Painter | null {
  const context = canvas.getContext("2d");
  if (context === null) return null;
  const trace = (points: readonly number[]): void => {
    context.beginPath();
    for (let i = 0; i < points.length; i += 2)
      if (i === 0) context.moveTo(points[0]!, points[1]!);
      else context.lineTo(points[i]!, points[i + 1]!);
  };
  return {
    kind: "2d",
    begin(width, height, ground) {
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
      }
      context.fillStyle = css(ground);
      context.fillRect(0, 0, width, height);
      context.lineJoin = "round";
      context.lineCap = "round";
    },
    fan(points, color) {
      trace(points);
      context.closePath();
      context.fillStyle = css(color);
      context.fill();
    },
    line(points, width, color, dashPx = 0) {
      trace(points);
      context.lineWidth = width;
      context.strokeStyle = css(color);
      context.setLineDash(dashPx === 0 ? [] : [dashPx, dashPx]);
      context.stroke();
    },
    end() {
      context.setLineDash([]);
    },
  };
}
