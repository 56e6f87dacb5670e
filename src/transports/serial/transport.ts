import { assert } from "../../base/assert.ts";
import type {
  CommandSender,
  Device,
  SerialLine,
  Transport,
  TransportContext,
  TransportHealth,
} from "../../ports/index.ts";
import { DeviceFeed, deviceOf } from "../device/index.ts";
import { GuardedPort } from "./guarded-port.ts";
import type { SerialSettings } from "./settings.ts";

/** A device on a serial line: opened again and again while it is away, never sent what was meant for before. */
export class SerialTransport implements Transport {
  readonly kind = "serial";
  readonly sender: CommandSender;
  private readonly name: string;
  private readonly settings: SerialSettings;
  private readonly device: Device;
  private readonly deviceSettings: unknown;
  private feed: DeviceFeed | null = null;
  private context: TransportContext | null = null;
  private port: GuardedPort | null = null;
  private timer: NodeJS.Timeout | null = null;
  private closing = false;
  private connected = false;
  private lastReason = "not opened";
  private failedWrites = 0;

  constructor(name: string, settings: SerialSettings, devices: readonly Device[]) {
    this.name = name;
    this.settings = settings;
    const found = deviceOf(name, "serial", settings.device, settings.deviceSettings, devices);
    this.device = found.device;
    this.deviceSettings = found.settings;
    this.sender = {
      send: (address, message) => {
        const bytes = this.feed?.session.encode?.(address, message) ?? null;
        return bytes !== null && this.write(bytes);
      },
    };
  }

  /** Resolves after the first attempt; an absent port is a state of the world, not a failed start. */
  async open(context: TransportContext): Promise<void> {
    assert(this.context === null, `transport ${this.name} opened twice`);
    this.context = context;
    this.feed = new DeviceFeed(this.name, this.device, this.deviceSettings, context);
    await new Promise<void>((resolve) => this.connect(resolve));
  }

  async close(): Promise<void> {
    if (this.closing || this.context === null) return;
    this.closing = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.feed?.leave((bytes) => this.port?.writeNow(bytes) ?? false);
    this.connected = false;
    await this.port?.discard();
    this.port = null;
  }

  health(): TransportHealth {
    return {
      connected: this.connected,
      received: this.feed?.received ?? 0,
      dropped: this.failedWrites,
      rejected: this.feed?.rejected ?? 0,
      detail: this.connected
        ? `${this.settings.path}, ${this.device.name}`
        : `${this.settings.path}: ${this.lastReason}`,
    };
  }

  private line(): SerialLine {
    const { baudRate, dataBits, parity, stopBits } = this.settings;
    const maker = this.device.line ?? { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 };
    return {
      baudRate: baudRate ?? maker.baudRate,
      dataBits: dataBits ?? maker.dataBits,
      parity: parity ?? maker.parity,
      stopBits: stopBits ?? maker.stopBits,
    };
  }

  private connect(attempted: () => void): void {
    const port = new GuardedPort(this.settings.path, this.line(), {
      opened: () => {
        this.connected = true;
        this.context?.door.health(this.name, "SERIAL_DISCONNECTED", false, `${this.settings.path} open`);
        this.feed?.start((bytes) => this.write(bytes));
        attempted();
      },
      bytes: (chunk) => this.feed?.push(chunk),
      gone: (reason) => {
        this.lost(reason);
        attempted();
      },
    });
    this.port = port;
    port.open();
  }

  private lost(reason: string): void {
    this.feed?.stop();
    this.port = null;
    if (this.closing) return;
    const first = this.connected || this.lastReason === "not opened";
    this.connected = false;
    this.lastReason = reason;
    if (first)
      this.context?.door.health(this.name, "SERIAL_DISCONNECTED", true, `${this.settings.path}: ${reason}`);
    this.timer = setTimeout(() => this.connect(() => undefined), this.settings.reopenMs);
  }

  private write(bytes: Uint8Array): boolean {
    const port = this.port;
    if (port === null || !port.isOpen) return false;
    if (port.writeNow(bytes)) return true;
    this.failedWrites++;
    return false;
  }
}
