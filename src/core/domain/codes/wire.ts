import type { CodeTable } from "./code.ts";
import { WIRE_DEVICE_CODES } from "./wire-device.ts";
import { WIRE_MQTT_CODES } from "./wire-mqtt.ts";
import { WIRE_ROS_CODES } from "./wire-ros.ts";

/** Codes that the wire part of the node gives. */
export const WIRE_CODES = {
  ...WIRE_DEVICE_CODES,
  ...WIRE_MQTT_CODES,
  ...WIRE_ROS_CODES,
} as const satisfies CodeTable;
