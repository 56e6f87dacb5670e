import type { z } from "zod";
import type { Device, Transport } from "../ports/index.ts";
import { MqttTransport, mqttSettings, SparkplugTransport, sparkplugSettings } from "./mqtt/index.ts";
import { Ros2Transport, ros2SettingsSchema } from "./ros2/index.ts";
import { DdsTransport, ddsSettingsSchema } from "./dds/index.ts";
import { SerialTransport, serialSettings } from "./serial/index.ts";
import { TcpTransport, tcpSettings } from "./tcp/index.ts";
import { UdpTransport, udpSettings } from "./udp/index.ts";

/** One kind of transport: its settings and how it is made. A new one is one line in the list below. */
export interface TransportKind {
  readonly kind: string;
  readonly purpose: string;
  readonly schema: z.ZodType;
  create(name: string, settings: unknown, devices: readonly Device[]): Transport | Promise<Transport>;
}
function transportKind<S extends z.ZodType>(
  kind: string,
  purpose: string,
  schema: S,
  create: (name: string, settings: z.infer<S>, devices: readonly Device[]) => Transport | Promise<Transport>,
): TransportKind {
  return {
    kind,
    purpose,
    schema,
    create: (name, settings, devices) => create(name, settings as z.infer<S>, devices),
  };
}

export const TRANSPORTS: readonly TransportKind[] = [
  transportKind(
    "mqtt",
    "a plant's MQTT 5 broker, documented in launch/asyncapi.yaml",
    mqttSettings,
    (name, settings) => new MqttTransport(name, settings),
  ),
  transportKind(
    "sparkplug",
    "a Sparkplug B edge node on an MQTT broker",
    sparkplugSettings,
    (name, settings) => new SparkplugTransport(name, settings),
  ),
  transportKind(
    "dds",
    "ROS 2's wire through Cyclone DDS, without a ROS installation",
    ddsSettingsSchema,
    (name, settings) => new DdsTransport(settings, name),
  ),
  transportKind(
    "ros2",
    "a life-cycle node of ROS 2, on a machine with ROS sourced (npm run setup:ros)",
    ros2SettingsSchema,
    (name, settings) => new Ros2Transport(settings, name),
  ),
  transportKind(
    "serial",
    "a device on a serial port",
    serialSettings,
    (name, settings, devices) => new SerialTransport(name, settings, devices),
  ),
  transportKind(
    "udp",
    "a device behind a UDP socket",
    udpSettings,
    (name, settings, devices) => new UdpTransport(name, settings, devices),
  ),
  transportKind(
    "tcp",
    "a device behind a TCP socket",
    tcpSettings,
    (name, settings, devices) => new TcpTransport(name, settings, devices),
  ),
];
