import type { CommandSender, Device, SerialLine } from "../../ports/index.ts";
import { DeviceTransport } from "../device/index.ts";
import { GuardedPort } from "./guarded-port.ts";
import type { SerialSettings } from "./settings.ts";

/** A device on a serial line: opened again and again while it is away, never sent what was meant for before. */
export class SerialTransport extends DeviceTransport<SerialSettings> {
  readonly kind = "serial";
  readonly sender: CommandSender = {
    send: (address, message) => {
      const bytes = this.feed?.session.encode?.(address, message) ?? null;
      return bytes !== null && this.#write(bytes);
    },
  };
  #port: GuardedPort | null = null;
  #connected = false;

  constructor(name: string, settings: SerialSettings, devices: readonly Device[]) {
    super(name, "serial", settings, devices);
  }

  protected async end(): Promise<void> {
    this.feed?.leave((bytes) => this.#port?.writeNow(bytes) ?? false);
    this.#connected = false;
    await this.#port?.discard();
    this.#port = null;
  }
  protected isConnected(): boolean {
    return this.#connected;
  }
  protected place(): string {
    return this.settings.path;
  }

  #line(): SerialLine {
    const { baudRate, dataBits, parity, stopBits } = this.settings;
    const maker = this.device.line ?? { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 };
    return {
      baudRate: baudRate ?? maker.baudRate,
      dataBits: dataBits ?? maker.dataBits,
      parity: parity ?? maker.parity,
      stopBits: stopBits ?? maker.stopBits,
    };
  }

  protected connect(attempted: () => void): void {
    const port = new GuardedPort(this.settings.path, this.#line(), {
      opened: () => {
        this.#connected = true;
        this.context?.door.health(this.name, "SERIAL_DISCONNECTED", false, `${this.settings.path} open`);
        this.feed?.start((bytes) => this.#write(bytes));
        attempted();
      },
      bytes: (chunk) => this.feed?.push(chunk),
      gone: (reason) => {
        this.#lost(reason);
        attempted();
      },
    });
    this.#port = port;
    port.open();
  }

  #lost(reason: string): void {
    this.feed?.stop();
    this.#port = null;
    if (this.closing) return;
    const first = this.#connected || this.lastReason === "not opened";
    this.#connected = false;
    this.lastReason = reason;
    if (first)
      this.context?.door.health(this.name, "SERIAL_DISCONNECTED", true, `${this.settings.path}: ${reason}`);
    this.connectLater();
  }

  #write(bytes: Uint8Array): boolean {
    const port = this.#port;
    if (port === null || !port.isOpen) return false;
    if (port.writeNow(bytes)) return true;
    this.failedWrites++;
    return false;
  }
}
