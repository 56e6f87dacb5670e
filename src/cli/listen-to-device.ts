import { DEVICES } from "../../devices/index.ts";
import { channelSchema } from "../core/domain/deployment/channels.ts";
import { type Code, channelIndexOf } from "../core/domain/index.ts";
import { createLiveClock } from "../node/index.ts";
import type {
  ChannelBinding,
  Device,
  DeviceChannel,
  Door,
  Outcome,
  Transport,
  TransportContext,
} from "../edge/ports/index.ts";
import { SerialTransport, serialSettings } from "../edge/transports/serial/index.ts";
import { TcpTransport, tcpSettings } from "../edge/transports/tcp/index.ts";
import { UdpTransport, udpSettings } from "../edge/transports/udp/index.ts";
import { UserError } from "./command.ts";

/** What was heard of one channel of a device. */
/** Where the device is: a serial port or an address. */
export interface Target {
  readonly port: string | undefined;
  readonly host: string | undefined;
  readonly baud: number | undefined;
}
export interface Heard {
  readonly channel: DeviceChannel;
  count: number;
  faults: number;
  values: readonly number[];
  atUs: number;
}
interface Session {
  readonly transport: Transport;
  readonly heard: readonly Heard[];
  readonly codes: Map<Code, number>;
  state(): string;
}
const refused: Outcome = { accepted: false, code: null, detail: "only listening" };

/** Opens a device exactly as a deployment would, with a door that only counts. */
export async function listen(device: Device, target: Target, raw: unknown): Promise<Session> {
  const deviceSettings = device.settings.safeParse(raw);
  if (!deviceSettings.success) {
    const issue = deviceSettings.error.issues[0]!;
    throw new UserError(
      `settings of ${device.name}: ${issue.path.join(".")}: ${issue.message}`,
      `see devices/${device.name.replaceAll("_", "-")}/README.md and give --settings '{…}'`,
    );
  }
  const { channels } = device.open(deviceSettings.data);
  const heard = channels.map((channel): Heard => ({ channel, count: 0, faults: 0, values: [], atUs: -1 }));
  const codes = new Map<Code, number>();
  const clock = createLiveClock();
  let trouble = "";
  const door: Door = {
    sample(index, values, count) {
      const entry = heard[index]!;
      entry.count++;
      entry.values = Array.from({ length: count }, (_, i) => values[i]!);
      entry.atUs = clock.now();
    },
    fault(index, code) {
      heard[index]!.faults++;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    },
    health(_part, _code, active, detail) {
      trouble = active ? detail : "";
    },
    proposal: () => undefined,
    refusedProposal: () => undefined,
    operator: () => refused,
    whenLatched: async () => false,
    approval: () => refused,
    switchStage: () => refused,
    actuator: () => undefined,
  };
  const context: TransportContext = {
    door,
    clock,
    channels: channels.map(bindingOf),
    cell: "devices",
    configHash: "",
    dataDir: "",
  };
  const transport = transportOf(device, target, raw);
  await transport.open(context);
  return { transport, heard, codes, state: () => trouble };
}
function bindingOf(channel: DeviceChannel, i: number): ChannelBinding {
  const base = {
    quantity: channel.quantity,
    transport: "line",
    address: channel.name,
    maxAgeMs: 1_000,
    minRateHz: 0.01,
  };
  const scan = channel.quantity === "scan" ? { angleMinRad: 0, angleStepRad: 0.01 } : {};
  return {
    index: channelIndexOf(i),
    name: `c${i}`,
    config: channelSchema.parse({ ...base, ...scan }),
    width: channel.width,
  };
}
function transportOf(device: Device, { port, host, baud }: Target, deviceSettings: unknown): Transport {
  const common = { device: device.name, deviceSettings };
  switch (device.link) {
    case "serial":
      if (port === undefined)
        throw new UserError(
          `${device.name} needs a serial port`,
          "give --port /dev/ttyUSB0; `cellgate devices list` shows the ports",
        );
      return new SerialTransport(
        "line",
        serialSettings.parse({
          kind: "serial",
          path: port,
          ...common,
          ...(baud !== undefined && { baudRate: baud }),
        }),
        DEVICES,
      );
    case "udp":
      if (host === undefined)
        throw new UserError(`${device.name} needs an address`, "give --host 192.168.1.1");
      return new UdpTransport(
        "line",
        udpSettings.parse({ kind: "udp", ...address(host), ...common }),
        DEVICES,
      );
    case "tcp":
      if (host === undefined)
        throw new UserError(`${device.name} needs an address`, "give --host 192.168.1.1");
      return new TcpTransport(
        "line",
        tcpSettings.parse({ kind: "tcp", ...address(host), ...common }),
        DEVICES,
      );
  }
}
function address(text: string): { host: string; port?: number } {
  const match = /^(.*?)(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? text;
  return match?.[2] === undefined ? { host } : { host, port: Number(match[2]) };
}
