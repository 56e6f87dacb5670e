import { CdrWriter } from "./cdr-writer.ts";

export interface ScanShape {
  readonly angleMinRad: number;
  readonly angleStepRad: number;
  readonly rangeMinM: number;
  readonly rangeMaxM: number;
  readonly periodS: number;
}
export interface TrajectoryPoint {
  readonly positions: ArrayLike<number>;
  readonly velocities?: ArrayLike<number>;
  readonly timeFromStartMs: number;
}
export interface DiagnosticStatus {
  /** 0 ok, 1 warning, 2 error, 3 stale */
  readonly level: 0 | 1 | 2 | 3;
  readonly name: string;
  readonly message: string;
  readonly hardwareId: string;
  readonly values: Readonly<Record<string, string>>;
}

const NONE: readonly number[] = [];
const ULTRASOUND = 0;
const FIELD_OF_VIEW_RAD = 0.1;

/** Encodes what the node publishes. The bytes are valid until the next call on the same encoder. */
export class RosEncoder {
  readonly #out = new CdrWriter();

  bool(value: boolean): Uint8Array {
    return this.#out.begin().bool(value).end();
  }
  float64(value: number): Uint8Array {
    return this.#out.begin().f64(value).end();
  }
  string(value: string): Uint8Array {
    return this.#out.begin().text(value).end();
  }
  clock(micros: number): Uint8Array {
    this.#out.begin();
    this.#time(micros);
    return this.#out.end();
  }
  wrenchStamped(stampMicros: number, frameId: string, wrench: ArrayLike<number>): Uint8Array {
    return this.#sixDoubles(stampMicros, frameId, wrench);
  }
  twistStamped(stampMicros: number, frameId: string, twist: ArrayLike<number>): Uint8Array {
    return this.#sixDoubles(stampMicros, frameId, twist);
  }
  range(stampMicros: number, frameId: string, minM: number, maxM: number, rangeM: number): Uint8Array {
    this.#header(stampMicros, frameId);
    this.#out.u8(ULTRASOUND).f32(FIELD_OF_VIEW_RAD).f32(minM).f32(maxM).f32(rangeM);
    return this.#out.end();
  }
  laserScan(stampMicros: number, frameId: string, shape: ScanShape, rays: ArrayLike<number>): Uint8Array {
    this.#header(stampMicros, frameId);
    const last = shape.angleMinRad + shape.angleStepRad * Math.max(0, rays.length - 1);
    this.#out.f32(shape.angleMinRad).f32(last).f32(shape.angleStepRad).f32(0).f32(shape.periodS);
    this.#out.f32(shape.rangeMinM).f32(shape.rangeMaxM).f32s(rays).f32s(NONE);
    return this.#out.end();
  }
  /** `row`: n positions, n velocities, n efforts. */
  jointState(
    stampMicros: number,
    frameId: string,
    names: readonly string[],
    row: ArrayLike<number>,
  ): Uint8Array {
    const n = names.length;
    this.#header(stampMicros, frameId);
    this.#out.texts(names);
    for (let part = 0; part < 3; part++) {
      this.#out.u32(n);
      for (let i = 0; i < n; i++) this.#out.f64(row[part * n + i]!);
    }
    return this.#out.end();
  }
  jointJog(
    stampMicros: number,
    frameId: string,
    names: readonly string[],
    velocities: ArrayLike<number>,
  ): Uint8Array {
    this.#header(stampMicros, frameId);
    return this.#out.texts(names).f64s(NONE).f64s(velocities).f64(0).end();
  }
  jointTrajectory(
    stampMicros: number,
    names: readonly string[],
    points: readonly TrajectoryPoint[],
  ): Uint8Array {
    this.#header(stampMicros, "");
    this.#out.texts(names).u32(points.length);
    for (const point of points) {
      this.#out
        .f64s(point.positions)
        .f64s(point.velocities ?? NONE)
        .f64s(NONE)
        .f64s(NONE);
      const nanos = Math.round(point.timeFromStartMs * 1e6);
      this.#out.i32(Math.floor(nanos / 1e9)).u32(nanos % 1e9);
    }
    return this.#out.end();
  }
  diagnosticArray(stampMicros: number, statuses: readonly DiagnosticStatus[]): Uint8Array {
    this.#header(stampMicros, "");
    this.#out.u32(statuses.length);
    for (const status of statuses) {
      this.#out.u8(status.level).text(status.name).text(status.message).text(status.hardwareId);
      const values = Object.entries(status.values);
      this.#out.u32(values.length);
      for (const [key, value] of values) this.#out.text(key).text(value);
    }
    return this.#out.end();
  }
  #sixDoubles(stampMicros: number, frameId: string, six: ArrayLike<number>): Uint8Array {
    this.#header(stampMicros, frameId);
    for (let i = 0; i < 6; i++) this.#out.f64(six[i]!);
    return this.#out.end();
  }
  #header(stampMicros: number, frameId: string): void {
    this.#out.begin();
    this.#time(stampMicros);
    this.#out.text(frameId);
  }
  #time(micros: number): void {
    const seconds = Math.floor(micros / 1e6);
    this.#out.i32(seconds).u32((micros - seconds * 1e6) * 1_000);
  }
}
