import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { assert } from "../../base/assert.ts";
import type { Device, Transport, TransportContext, TransportHealth } from "../../ports/index.ts";
import { DeviceFeed, deviceOf } from "../device/index.ts";
import type { UdpSettings } from "./settings.ts";

/** A device behind a connected UDP socket: the system drops what others send to it. */
export class UdpTransport implements Transport {
  readonly kind = "udp";
  private readonly name: string;
  private readonly settings: UdpSettings;
  private readonly device: Device;
  private readonly deviceSettings: unknown;
  private feed: DeviceFeed | null = null;
  private context: TransportContext | null = null;
  private socket: Socket | null = null;
  private timer: NodeJS.Timeout | null = null;
  private closing = false;
  private heard = false;
  private alarmed = false;
  private failedWrites = 0;
  private lastReason = "not opened";

  constructor(name: string, settings: UdpSettings, devices: readonly Device[]) {
    this.name = name;
    this.settings = settings;
    const found = deviceOf(name, "udp", settings.device, settings.deviceSettings, devices);
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
    if (this.timer !== null) clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    this.feed?.leave((bytes) => this.write(socket, bytes));
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  health(): TransportHealth {
    const at = `${this.settings.host}:${this.port()}`;
    return {
      connected: this.socket !== null && this.heard,
      received: this.feed?.received ?? 0,
      dropped: this.failedWrites,
      rejected: this.feed?.rejected ?? 0,
      detail: this.heard ? `${at}, ${this.device.name}` : `${at}: ${this.lastReason}`,
    };
  }

  private port(): number {
    return this.settings.port ?? this.device.port ?? 0;
  }

  private connect(attempted: () => void): void {
    const socket = createSocket(isIPv6(this.settings.host) ? "udp6" : "udp4");
    let connected = false;
    socket.on("message", (bytes) => this.received(bytes));
    socket.on("error", (error) => {
      this.lost(error.message);
      // a refused datagram leaves the socket usable; the feed greets again until the device answers
      if (!connected) this.again(socket, attempted);
    });
    socket.on("connect", () => {
      connected = true;
      this.socket = socket;
      this.feed?.start((bytes) => this.write(socket, bytes));
      attempted();
    });
    socket.bind(this.settings.localPort, () => socket.connect(this.port(), this.settings.host));
  }
  private again(socket: Socket, attempted: () => void): void {
    socket.removeAllListeners();
    socket.on("error", () => undefined);
    socket.close();
    if (!this.closing) this.timer = setTimeout(() => this.connect(() => undefined), this.settings.reopenMs);
    attempted();
  }

  private received(bytes: Uint8Array): void {
    if (this.closing) return;
    this.heard = true;
    if (this.alarmed) {
      this.alarmed = false;
      this.context?.door.health(this.name, "DEVICE_LINK_LOST", false, "datagrams arrive");
    }
    this.feed?.push(bytes);
  }
  private lost(reason: string): void {
    this.heard = false;
    this.lastReason = reason;
    if (this.alarmed || this.closing) return;
    this.alarmed = true;
    this.context?.door.health(this.name, "DEVICE_LINK_LOST", true, `${this.settings.host}: ${reason}`);
  }
  private write(socket: Socket, bytes: Uint8Array): boolean {
    try {
      socket.send(bytes, (error) => {
        if (error !== null) this.failedWrites++;
      });
      return true;
    } catch {
      this.failedWrites++;
      return false;
    }
  }
}
