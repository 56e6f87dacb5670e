export { type TcpSettings, tcpSettings } from "./settings.ts";
export { TcpTransport } from "./transport.ts";
