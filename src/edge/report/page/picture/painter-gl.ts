// Paints with WebGL: all shapes of a picture as one row of coloured triangles, drawn with a single call.
import type { Color, Painter } from "./painter.ts";

const VERTEX = `
attribute vec2 place;
attribute vec4 paint;
uniform vec2 size;
varying vec4 shade;
void main() {
  gl_Position = vec4(2.0 * place.x / size.x - 1.0, 1.0 - 2.0 * place.y / size.y, 0.0, 1.0);
  shade = paint;
}`;
const FRAGMENT = `
precision mediump float;
varying vec4 shade;
void main() {
  gl_FragColor = vec4(shade.rgb * shade.a, shade.a);
}`;
/** two numbers of place and four of colour per corner */
const STRIDE = 6;
const CORNERS_AT_FIRST = 8_192;

/** null: this browser has no WebGL, or none that is fast unless `slowToo`: without graphics hardware a 2-D canvas is faster */
/** done by the processor: asked of a canvas of its own, because one that has had WebGL has nothing else any more */
function isSlow(): boolean {
  const gl = document.createElement("canvas").getContext("webgl");
  const names = gl?.getExtension("WEBGL_debug_renderer_info") ?? null;
  if (gl === null || names === null) return false;
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(
    String(gl.getParameter(names.UNMASKED_RENDERER_WEBGL)),
  );
}

export function painterGl(canvas: HTMLCanvasElement, slowToo: boolean): Painter | null {
  if (!slowToo && isSlow()) return null;
  const gl = canvas.getContext("webgl", {
    antialias: !slowToo,
    alpha: false,
    failIfMajorPerformanceCaveat: !slowToo,
  });
  const program = gl === null ? null : programOf(gl);
  if (gl === null || program === null) return null;
  const corners = new Corners();
  const size = gl.getUniformLocation(program, "size");
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  for (const [name, count, offset] of [
    ["place", 2, 0],
    ["paint", 4, 2],
  ] as const) {
    const at = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, count, gl.FLOAT, false, 4 * STRIDE, 4 * offset);
  }
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  return {
    kind: "webgl",
    begin(width, height, [r, g, b]) {
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
      }
      corners.count = 0;
      gl.viewport(0, 0, width, height);
      gl.uniform2f(size, width, height);
      gl.clearColor(r, g, b, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
    },
    fan(points, color) {
      for (let i = 2; i + 3 < points.length; i += 2) {
        corners.put(points[0]!, points[1]!, color);
        corners.put(points[i]!, points[i + 1]!, color);
        corners.put(points[i + 2]!, points[i + 3]!, color);
      }
    },
    line(points, width, color, dashPx = 0) {
      let walked = 0;
      for (let i = 0; i + 3 < points.length; i += 2)
        walked = stroke(corners, points, i, width, color, dashPx, walked);
    },
    end() {
      gl.bufferData(gl.ARRAY_BUFFER, corners.row.subarray(0, STRIDE * corners.count), gl.STREAM_DRAW);
      gl.drawArrays(gl.TRIANGLES, 0, corners.count);
    },
  };
}

function programOf(gl: WebGLRenderingContext): WebGLProgram | null {
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind);
    if (shader === null || program === null) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) return null;
  gl.useProgram(program);
  return program;
}

/** A row of corners that grows and is used again for each picture. */
class Corners {
  count = 0;
  row = new Float32Array(STRIDE * CORNERS_AT_FIRST);

  put(x: number, y: number, [r, g, b, a]: Color): void {
    const at = STRIDE * this.count++;
    if (at + STRIDE > this.row.length) {
      const larger = new Float32Array(2 * this.row.length);
      larger.set(this.row);
      this.row = larger;
    }
    this.row[at] = x;
    this.row[at + 1] = y;
    this.row[at + 2] = r;
    this.row[at + 3] = g;
    this.row[at + 4] = b;
    this.row[at + 5] = a;
  }
}

/** one piece of a line as boxes; gives back how far along the dashes it ends */
function stroke(
  corners: Corners,
  points: readonly number[],
  i: number,
  width: number,
  color: Color,
  dashPx: number,
  walked: number,
): number {
  const [ax, ay, bx, by] = [points[i]!, points[i + 1]!, points[i + 2]!, points[i + 3]!];
  const length = Math.hypot(bx - ax, by - ay);
  if (length === 0) return walked;
  const [ux, uy] = [(bx - ax) / length, (by - ay) / length];
  const [nx, ny] = [(-uy * width) / 2, (ux * width) / 2];
  const box = (from: number, to: number): void => {
    const [fx, fy, tx, ty] = [ax + ux * from, ay + uy * from, ax + ux * to, ay + uy * to];
    corners.put(fx + nx, fy + ny, color);
    corners.put(fx - nx, fy - ny, color);
    corners.put(tx + nx, ty + ny, color);
    corners.put(tx + nx, ty + ny, color);
    corners.put(fx - nx, fy - ny, color);
    corners.put(tx - nx, ty - ny, color);
  };
  if (dashPx === 0) {
    box(0, length);
    return 0;
  }
  for (let at = 0; at < length; ) {
    const phase = (walked + at) % (2 * dashPx);
    const step = Math.min(length - at, (phase < dashPx ? dashPx : 2 * dashPx) - phase);
    if (phase < dashPx) box(at, at + step);
    at += Math.max(step, 1e-3);
  }
  return walked + length;
}
