export { type UdpSettings, udpSettings } from "./settings.ts";
export { UdpTransport } from "./transport.ts";
