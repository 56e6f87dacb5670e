import { connect, type Socket } from "node:net";
import { assert } from "../../base/assert.ts";
import type { Device, Transport, TransportContext, TransportHealth } from "../../ports/index.ts";
import { DeviceFeed, deviceOf } from "../device/index.ts";
import type { TcpSettings } from "./settings.ts";

/** A device behind a TCP connection; read only. Every connection is a fresh socket and a fresh start of frames. */
export class TcpTransport implements Transport {
  readonly kind = "tcp";
  private readonly name: string;
  private readonly settings: TcpSettings;
  private readonly device: Device;
  private readonly deviceSettings: unknown;
  private feed: DeviceFeed | null = null;
  private context: TransportContext | null = null;
  private socket: Socket | null = null;
  private timer: NodeJS.Timeout | null = null;
  private closing = false;
  private connected = false;
  private alarmed = false;
  private lastReason = "not opened";

  constructor(name: string, settings: TcpSettings, devices: readonly Device[]) {
    this.name = name;
    this.settings = settings;
    const found = deviceOf(name, "tcp", settings.device, settings.deviceSettings, devices);
    this.device = found.device;
    this.deviceSettings = found.settings;
  }

  async open(context: TransportContext): Promise<void> {
    assert(this.context === null, `transport ${this.name} opened twice`);
    this.context = context;
    this.feed = new DeviceFeed(this.name, this.device, this.deviceSettings, context);
    await new Promise<void>((resolve) => this.connect(resolve));
  }

  async close(): Promise<void> {
    if (this.closing || this.context === null) return;
    this.closing = true;
    this.connected = false;
    if (this.timer !== null) clearTimeout(this.timer);
    this.feed?.stop();
    const socket = this.socket;
    if (socket === null || socket.closed) return;
    await new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
      socket.destroy();
    });
  }

  health(): TransportHealth {
    const at = `${this.settings.host}:${this.port()}`;
    return {
      connected: this.connected,
      received: this.feed?.received ?? 0,
      dropped: 0,
      rejected: this.feed?.rejected ?? 0,
      detail: this.connected ? `${at}, ${this.device.name}` : `${at}: ${this.lastReason}`,
    };
  }

  private port(): number {
    return this.settings.port ?? this.device.port ?? 0;
  }

  private connect(attempted: () => void): void {
    const socket = connect({ host: this.settings.host, port: this.port(), noDelay: true });
    this.socket = socket;
    let reason = "closed by the device";
    socket.setTimeout(this.settings.silenceMs, () =>
      socket.destroy(new Error(`silent for ${this.settings.silenceMs} ms`)),
    );
    socket.on("connect", () => {
      this.connected = true;
      if (this.alarmed) this.context?.door.health(this.name, "DEVICE_LINK_LOST", false, "connected");
      this.alarmed = false;
      this.feed?.start((bytes) => socket.writable && socket.write(bytes));
      attempted();
    });
    socket.on("data", (bytes) => {
      if (!this.closing) this.feed?.push(bytes);
    });
    socket.on("error", (error) => {
      reason = error.message;
    });
    socket.on("close", () => {
      this.lost(reason);
      attempted();
    });
  }

  private lost(reason: string): void {
    this.feed?.stop();
    this.connected = false;
    this.lastReason = reason;
    if (this.closing) return;
    if (!this.alarmed)
      this.context?.door.health(this.name, "DEVICE_LINK_LOST", true, `${this.settings.host}: ${reason}`);
    this.alarmed = true;
    this.timer = setTimeout(() => this.connect(() => undefined), this.settings.reopenMs);
  }
}
