import { QUANTITIES, type Code } from "../../../core/domain/index.ts";
import type {
  ChannelBinding,
  Device,
  DeviceEmit,
  DeviceSession,
  TransportContext,
} from "../../ports/index.ts";

/** good readings in a row after which the condition of a latched envelope counts as ended */
const GOOD_TO_RECOVER = 10;
/** a device that says nothing is greeted again, no more often than this */
const GREET_AGAIN_MIN_MS = 1_000;
/** an unanswered question holds the next one back this many periods */
const POLL_PATIENCE = 5;

/** A link that can carry bytes to the device now, or cannot. */
type WriteNow = (bytes: Uint8Array) => boolean;

/**
 * Joins one opened device and the channels that a deployment binds to it: readings and faults go through the
 * door, greetings and questions go out in time. Lines and sockets only move the bytes.
 */
export class DeviceFeed {
  readonly session: DeviceSession;
  received = 0;
  rejected = 0;
  readonly #device: Device;
  readonly #context: TransportContext;
  readonly #part: string;
  /** device channel → bindings of the deployment */
  readonly #bound: readonly (readonly ChannelBinding[])[];
  readonly #emit: DeviceEmit;
  #latched = false;
  #goodInRow = 0;
  #lastReadingUs = Number.NEGATIVE_INFINITY;
  #lastPollUs = Number.NEGATIVE_INFINITY;
  #answered = true;
  #timers: NodeJS.Timeout[] = [];

  constructor(part: string, device: Device, deviceSettings: unknown, context: TransportContext) {
    this.#part = part;
    this.#device = device;
    this.#context = context;
    this.session = device.open(deviceSettings);
    this.#bound = bind(part, device, this.session, context.channels);
    this.#emit = {
      reading: (channel, values, count, stamp, sourceSeq) =>
        this.#reading(channel, values, count, stamp, sourceSeq),
      fault: (channel, code, detail) => this.#fault(channel, code, detail),
    };
  }

  /** Bytes from the link. A failing decoder is our own mistake: it is reported, and the channel goes missing. */
  push(bytes: Uint8Array): void {
    this.#answered = true;
    try {
      this.session.push(bytes, this.#emit, this.#context.clock.now());
    } catch (error) {
      this.session.reset();
      const detail = `${this.#device.name}: ${error instanceof Error ? error.message : String(error)}`;
      this.#fault(-1, "DEVICE_DECODER_FAULT", detail);
      this.#context.door.health(this.#part, "DEVICE_DECODER_FAULT", true, detail);
    }
  }

  /** The link is open: forget torn frames, greet, ask, and greet again when nothing comes. */
  start(write: WriteNow): void {
    this.stop();
    this.#greet(write);
    const { pollPeriodMs, poll } = this.session;
    const silenceMs = Math.max(GREET_AGAIN_MIN_MS, 4 * this.#device.silenceMs);
    this.#every(silenceMs, () => {
      if (this.#context.clock.now() - this.#lastReadingUs > silenceMs * 1_000) this.#greet(write);
    });
    if (pollPeriodMs !== undefined && poll !== undefined)
      this.#every(pollPeriodMs, () => {
        const nowUs = this.#context.clock.now();
        if (!this.#answered && nowUs - this.#lastPollUs < POLL_PATIENCE * pollPeriodMs * 1_000) return;
        const question = poll.call(this.session);
        if (question === null) return;
        this.#answered = false;
        this.#lastPollUs = nowUs;
        write(question);
      });
  }
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }
  /** Last words before an orderly close. */
  leave(write: WriteNow): void {
    this.stop();
    for (const bytes of this.session.farewell?.() ?? []) write(bytes);
  }

  #greet(write: WriteNow): void {
    this.session.reset();
    for (const bytes of this.session.greeting?.() ?? []) write(bytes);
  }
  #every(periodMs: number, act: () => void): void {
    const timer = setInterval(act, periodMs);
    timer.unref();
    this.#timers.push(timer);
  }

  #reading(
    channel: number,
    values: ArrayLike<number>,
    count: number,
    stamp: number,
    sourceSeq: number,
  ): void {
    this.received++;
    this.#lastReadingUs = this.#context.clock.now();
    for (const binding of this.#bound[channel]!)
      this.#context.door.sample(binding.index, values, count, stamp, sourceSeq);
    if (this.#latched && ++this.#goodInRow >= GOOD_TO_RECOVER) {
      this.#latched = false;
      this.#context.door.health(this.#part, "ENVELOPE_LATCHED", false, "messages are valid again");
    }
  }
  #fault(channel: number, code: Code, detail: string): void {
    this.rejected++;
    this.#goodInRow = 0;
    for (const [index, bindings] of this.#bound.entries())
      if (channel === -1 || channel === index)
        for (const binding of bindings) this.#context.door.fault(binding.index, code, detail);
    if (code !== "ENVELOPE_LATCHED") return;
    this.#latched = true;
    this.#context.door.health(this.#part, code, true, detail);
  }
}

/** Refuses a deployment that binds what the device does not have. */
function bind(
  part: string,
  device: Device,
  session: DeviceSession,
  channels: readonly ChannelBinding[],
): readonly (readonly ChannelBinding[])[] {
  const names = session.channels.map((c) => c.name);
  for (const { name, config, width } of channels) {
    const found = session.channels.find((c) => c.name === config.address);
    if (found === undefined)
      throw new Error(
        `channel "${name}": ${part} (${device.name}) has no "${config.address}", only ${names.join(", ")}`,
      );
    if (found.quantity !== config.quantity)
      throw new Error(
        `channel "${name}": "${config.address}" of ${device.name} is a ${found.quantity}, not a ${config.quantity}`,
      );
    const fixed = QUANTITIES[found.quantity].width;
    if (fixed === -1 && width !== 0 && width !== found.width)
      throw new Error(
        `channel "${name}": "${config.address}" of ${device.name} has ${found.width} numbers, the deployment expects ${width}`,
      );
  }
  return session.channels.map((own) => channels.filter(({ config }) => config.address === own.name));
}

/** Finds the device of a link and checks its settings; words for the person who wrote the deployment. */
export function deviceOf(
  part: string,
  link: Device["link"],
  name: string,
  raw: unknown,
  devices: readonly Device[],
): { device: Device; settings: unknown } {
  const device = devices.find((d) => d.name === name);
  if (device === undefined || device.link !== link) {
    const known = devices.filter((d) => d.link === link).map((d) => d.name);
    throw new Error(`${part}: no ${link} device named "${name}"; known: ${known.join(", ")}`);
  }
  const parsed = device.settings.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Error(`${part}: deviceSettings.${issue.path.join(".")}: ${issue.message}`);
  }
  return { device, settings: parsed.data };
}
