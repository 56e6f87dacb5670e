import { connect, type Socket } from "node:net";
import type { CommandSender, Device } from "../../ports/index.ts";
import { DeviceTransport } from "../device/index.ts";
import type { TcpSettings } from "./settings.ts";

/** more bytes than this that the system has not taken: the device does not listen, and a command would be late */
const UNTAKEN_MAX_BYTES = 1_024;

/** A device behind a TCP connection. Every connection is a fresh socket and a fresh start of frames. */
export class TcpTransport extends DeviceTransport<TcpSettings> {
  readonly kind = "tcp";
  readonly sender: CommandSender = {
    send: (address, message) => {
      const bytes = this.feed?.session.encode?.(address, message) ?? null;
      const socket = this.#socket;
      if (bytes === null || socket === null || !this.#connected || !socket.writable) return false;
      if (socket.writableLength > UNTAKEN_MAX_BYTES) {
        this.failedWrites++;
        return false;
      }
      socket.write(bytes);
      return true;
    },
  };
  #socket: Socket | null = null;
  #connected = false;
  #alarmed = false;

  constructor(name: string, settings: TcpSettings, devices: readonly Device[]) {
    super(name, "tcp", settings, devices);
  }

  protected async end(): Promise<void> {
    this.#connected = false;
    this.feed?.stop();
    const socket = this.#socket;
    if (socket === null || socket.closed) return;
    await new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
      socket.destroy();
    });
  }
  protected isConnected(): boolean {
    return this.#connected;
  }
  protected place(): string {
    return `${this.settings.host}:${this.#port()}`;
  }

  #port(): number {
    return this.settings.port ?? this.device.port ?? 0;
  }

  protected connect(attempted: () => void): void {
    const socket = connect({ host: this.settings.host, port: this.#port(), noDelay: true });
    this.#socket = socket;
    let reason = "closed by the device";
    socket.setTimeout(this.settings.silenceMs, () =>
      socket.destroy(new Error(`silent for ${this.settings.silenceMs} ms`)),
    );
    socket.on("connect", () => {
      this.#connected = true;
      if (this.#alarmed) this.context?.door.health(this.name, "DEVICE_LINK_LOST", false, "connected");
      this.#alarmed = false;
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
      this.#lost(reason);
      attempted();
    });
  }

  #lost(reason: string): void {
    this.feed?.stop();
    this.#connected = false;
    this.lastReason = reason;
    if (this.closing) return;
    if (!this.#alarmed)
      this.context?.door.health(this.name, "DEVICE_LINK_LOST", true, `${this.settings.host}: ${reason}`);
    this.#alarmed = true;
    this.connectLater();
  }
}
