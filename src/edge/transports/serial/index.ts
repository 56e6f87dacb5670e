export { GuardedPort, type PortEvents } from "./guarded-port.ts";
export { listFromFolder, listSerialPorts, type SerialPortInfo } from "./list-ports.ts";
export { type SerialSettings, serialSettings } from "./settings.ts";
export { SerialTransport } from "./transport.ts";
