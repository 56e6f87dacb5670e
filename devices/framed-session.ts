import type { DeviceChannel, DeviceEmit, DeviceFault, DeviceSession } from "../src/edge/ports/index.ts";
import { FrameScanner } from "./frame-scanner.ts";

/** What a device says about its frames; the rest is the same for all of them. */
export interface FramedDevice {
  readonly channels: readonly DeviceChannel[];
  readonly maxFrameBytes: number;
  readonly headBytes: number;
  /** whole length of the frame that begins at `at`, 0 when none can */
  measure(bytes: Uint8Array, at: number): number;
  /** false: the check value is wrong; true: the frame was dealt with through `out` */
  decode(frame: DataView, bytes: Uint8Array, out: CheckedEmit): boolean;
}

/** Passes readings on only when every number is finite and inside what the device can measure. */
export class CheckedEmit {
  readonly #channels: readonly DeviceChannel[];
  #emit: DeviceEmit | null = null;
  constructor(channels: readonly DeviceChannel[]) {
    this.#channels = channels;
  }
  lend(emit: DeviceEmit | null): void {
    this.#emit = emit;
  }
  reading(index: number, values: Float64Array, stamp = -1, sourceSeq = -1): void {
    const channel = this.#channels[index]!;
    for (let i = 0; i < channel.width; i++) {
      const value = values[i]!;
      if (!Number.isFinite(value)) return this.fault(index, "DEVICE_NOT_FINITE", `number ${i} is ${value}`);
      const [min, max] = channel.limits[i] ?? channel.limits[0]!;
      if (value < min || value > max)
        return this.fault(
          index,
          "DEVICE_RANGE",
          `number ${i} is ${value}, device measures ${min} to ${max} ${channel.unit}`,
        );
    }
    this.#emit?.reading(index, values, channel.width, stamp, sourceSeq);
  }
  fault(index: number, code: DeviceFault, detail: string): void {
    this.#emit?.fault(index, code, detail);
  }
}

/** A session for devices whose frames have a head and a check value. */
export function framedSession(device: FramedDevice): DeviceSession {
  const out = new CheckedEmit(device.channels);
  const scanner = new FrameScanner({
    maxFrameBytes: device.maxFrameBytes,
    headBytes: device.headBytes,
    measure: device.measure,
    take(bytes, at, length) {
      const frame = bytes.subarray(at, at + length);
      const good = device.decode(new DataView(frame.buffer, frame.byteOffset, length), frame, out);
      if (!good) out.fault(-1, "DEVICE_CHECKSUM", `frame of ${length} bytes with wrong check value`);
      return good;
    },
    skipped: (count) => out.fault(-1, "DEVICE_NOISE", `${count} bytes that belong to no frame`),
  });
  return {
    channels: device.channels,
    reset: () => scanner.reset(),
    push(bytes, emit) {
      out.lend(emit);
      scanner.push(bytes);
      out.lend(null);
    },
  };
}
