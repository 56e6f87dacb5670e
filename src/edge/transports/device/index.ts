export { DeviceTransport } from "./device-transport.ts";
