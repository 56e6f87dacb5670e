import type { z } from "zod";
import type { Code, Quantity } from "../../core/domain/index.ts";
import type { OutMessage } from "./transport.ts";

/** Codes that a decoder may give; each means: this reading counts as missing. */
export type DeviceFault = Extract<
  Code,
  | `DEVICE_${"CHECKSUM" | "NOISE" | "FORMAT" | "NOT_FINITE" | "RANGE" | "STATUS" | "EXCEPTION" | "SEQUENCE"}`
  | `ENVELOPE_${"MISSING" | "CHECK" | "SOURCE" | "CONFIG" | "SEQUENCE" | "LOSS" | "DELAY" | "SESSION" | "LATCHED"}`
>;

/** One stream of readings that a device gives. Its name is the channel's address in a deployment. */
export interface DeviceChannel {
  readonly name: string;
  readonly quantity: Quantity;
  /** numbers per reading */
  readonly width: number;
  readonly unit: string;
  /** what the device can measure, one pair per number, or one pair for all of them */
  readonly limits: readonly (readonly [min: number, max: number])[];
}

/** Where a decoder puts what it read. Calls are synchronous; rows may be reused after the call. */
export interface DeviceEmit {
  /** `channel` is the position in the session's list; `stamp` epoch µs or -1; `sourceSeq` the device's counter or -1 */
  reading(channel: number, values: ArrayLike<number>, count: number, stamp: number, sourceSeq: number): void;
  /** `channel` -1: all channels of the device */
  fault(channel: number, code: DeviceFault, detail: string): void;
}

/** One opened device: keeps the bytes of an unfinished frame and nothing else that could grow. */
export interface DeviceSession {
  readonly channels: readonly DeviceChannel[];
  /** Bytes as they come: halves, several frames at once, damaged ones. Never throws on what the world sends. */
  push(bytes: Uint8Array, emit: DeviceEmit, nowUs: number): void;
  /** forgets an unfinished frame: the line was opened anew */
  reset(): void;
  /** written once after the line has opened */
  greeting?(): readonly Uint8Array[];
  /** written once before the line is closed */
  farewell?(): readonly Uint8Array[];
  /** a question that has to be asked again and again; null: not now */
  readonly pollPeriodMs?: number;
  poll?(): Uint8Array | null;
  /** bytes that carry a command, or null when this device cannot carry it */
  encode?(address: string, message: OutMessage): Uint8Array | null;
}

/** Settings of a serial line as the maker states them. */
export interface SerialLine {
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
}

/** Knows bytes and readings, and nothing of lines, sockets, clocks or the cell. */
export interface Device {
  /** name in deployments: maker_model */
  readonly name: string;
  /** maker and model for a person */
  readonly title: string;
  readonly purpose: string;
  readonly link: "serial" | "udp" | "tcp";
  readonly line?: SerialLine;
  /** port that the device listens on (udp, tcp) */
  readonly port?: number;
  /** readings per second in its normal setting */
  readonly rateHz: number;
  /** longer silence means that the device is dead */
  readonly silenceMs: number;
  readonly maxFrameBytes: number;
  /** what a deployment may set under the transport's `deviceSettings` */
  readonly settings: z.ZodType;
  /** settings good enough to recognise the device's frames, for `devices probe` */
  readonly probeSettings: unknown;
  /** `settings` has passed the schema above */
  open(settings: unknown): DeviceSession;
}
