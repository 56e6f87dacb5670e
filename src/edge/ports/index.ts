export * from "./door.ts";
export * from "./transport.ts";
export * from "./actuator.ts";
export * from "./clock.ts";
export * from "./device.ts";
