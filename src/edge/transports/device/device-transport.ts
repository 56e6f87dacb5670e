import { assert } from "../../../core/base/assert.ts";
import type { Device, Transport, TransportContext, TransportHealth } from "../../ports/index.ts";
import { DeviceFeed, deviceOf } from "./feed.ts";

interface DeviceSettings {
  readonly device: string;
  readonly deviceSettings?: unknown;
  readonly reopenMs: number;
}

/**
 * One device behind a link of its own: opened once, tried again and again while it is away, closed for good.
 * How bytes come and go is each link's own.
 */
export abstract class DeviceTransport<S extends DeviceSettings> implements Transport {
  abstract readonly kind: "serial" | "tcp" | "udp";
  protected readonly name: string;
  protected readonly settings: S;
  protected readonly device: Device;
  protected feed: DeviceFeed | null = null;
  protected context: TransportContext | null = null;
  protected closing = false;
  protected lastReason = "not opened";
  protected failedWrites = 0;
  readonly #deviceSettings: unknown;
  #timer: NodeJS.Timeout | null = null;

  constructor(name: string, kind: "serial" | "tcp" | "udp", settings: S, devices: readonly Device[]) {
    this.name = name;
    this.settings = settings;
    const found = deviceOf(name, kind, settings.device, settings.deviceSettings, devices);
    this.device = found.device;
    this.#deviceSettings = found.settings;
  }

  /** Resolves after the first attempt; an absent device is a state of the world, not a failed start. */
  async open(context: TransportContext): Promise<void> {
    assert(this.context === null, `transport ${this.name} opened twice`);
    this.context = context;
    this.feed = new DeviceFeed(this.name, this.device, this.#deviceSettings, context);
    await new Promise<void>((resolve) => this.connect(resolve));
  }

  async close(): Promise<void> {
    if (this.closing || this.context === null) return;
    this.closing = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.end();
  }

  health(): TransportHealth {
    const connected = this.isConnected();
    return {
      connected,
      received: this.feed?.received ?? 0,
      dropped: this.failedWrites,
      rejected: this.feed?.rejected ?? 0,
      detail: connected ? `${this.place()}, ${this.device.name}` : `${this.place()}: ${this.lastReason}`,
    };
  }

  /** One attempt; `attempted` is called when its outcome is known. */
  protected abstract connect(attempted: () => void): void;
  /** Gives the link back; called once. */
  protected abstract end(): Promise<void>;
  protected abstract isConnected(): boolean;
  /** where the device is, for people */
  protected abstract place(): string;

  protected connectLater(): void {
    if (!this.closing) this.#timer = setTimeout(() => this.connect(() => undefined), this.settings.reopenMs);
  }
}
