import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Device } from "../../ports/index.ts";
import { DeviceTransport } from "../device/index.ts";
import type { UdpSettings } from "./settings.ts";

/** A device behind a connected UDP socket: the system drops what others send to it. */
export class UdpTransport extends DeviceTransport<UdpSettings> {
  readonly kind = "udp";
  socket: Socket | null = null;
  #heard = false;
  #alarmed = false;

  constructor(name: string, settings: UdpSettings, devices: readonly Device[]) {
    super(name, "udp", settings, devices);
  }

  protected async end(): Promise<void> {
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    this.feed?.leave((bytes) => this.#write(socket, bytes));
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
  protected isConnected(): boolean {
    return this.socket !== null && this.#heard;
  }
  protected place(): string {
    return `${this.settings.host}:${this.#port()}`;
  }

  #port(): number {
    return this.settings.port ?? this.device.port ?? 0;
  }

  protected connect(attempted: () => void): void {
    const socket = createSocket(isIPv6(this.settings.host) ? "udp6" : "udp4");
    let connected = false;
    socket.on("message", (bytes) => this.#received(bytes));
    socket.on("error", (error) => {
      this.#lost(error.message);
      // a refused datagram leaves the socket usable; the feed greets again until the device answers
      if (!connected) this.#again(socket, attempted);
    });
    socket.on("connect", () => {
      connected = true;
      this.socket = socket;
      this.feed?.start((bytes) => this.#write(socket, bytes));
      attempted();
    });
    socket.bind(this.settings.localPort, () => socket.connect(this.#port(), this.settings.host));
  }
  #again(socket: Socket, attempted: () => void): void {
    socket.removeAllListeners();
    socket.on("error", () => undefined);
    socket.close();
    this.connectLater();
    attempted();
  }

  #received(bytes: Uint8Array): void {
    if (this.closing) return;
    this.#heard = true;
    if (this.#alarmed) {
      this.#alarmed = false;
      this.context?.door.health(this.name, "DEVICE_LINK_LOST", false, "datagrams arrive");
    }
    this.feed?.push(bytes);
  }
  #lost(reason: string): void {
    this.#heard = false;
    this.lastReason = reason;
    if (this.#alarmed || this.closing) return;
    this.#alarmed = true;
    this.context?.door.health(this.name, "DEVICE_LINK_LOST", true, `${this.settings.host}: ${reason}`);
  }
  #write(socket: Socket, bytes: Uint8Array): boolean {
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
