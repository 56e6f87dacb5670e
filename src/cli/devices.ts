import { performance } from "node:perf_hooks";
import { stringify } from "yaml";
import { DEVICES } from "../../devices/index.ts";
import { microsOf } from "../core/domain/index.ts";
import type { Device } from "../edge/ports/index.ts";
import { listSerialPorts } from "../edge/transports/serial/index.ts";
import { command, type Command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { type Heard, listen, type Target } from "./listen-to-device.ts";
import { flag, kinds, optional, withDefault } from "./options/index.ts";

const DAY_US = 86_400e6;
const SCREEN_PERIOD_MS = 200;
const LINE_PERIOD_MS = 1_000;
/** a device is recognised when at least this share of what it sent could be read */
const RECOGNISED_SHARE = 0.8;
/** a channel is healthy at this share of its maker's rate */
const RATE_SHARE = 0.5;

const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });

// --- list ---

async function list(asJson: boolean, io: Io): Promise<number> {
  const ports = await listSerialPorts();
  const quantities = (d: Device) => d.open(d.settings.parse(d.probeSettings)).channels.map((c) => c.quantity);
  if (asJson) {
    const devices = DEVICES.map((d) => ({
      name: d.name,
      title: d.title,
      purpose: d.purpose,
      link: d.link,
      rate_hz: d.rateHz,
      silence_ms: d.silenceMs,
      quantities: quantities(d),
    }));
    io.out(JSON.stringify({ devices, ports }));
    return EXIT.ok;
  }
  io.out("Devices that this node can read:");
  for (const d of DEVICES)
    io.out(`  ${d.name.padEnd(26)} ${d.link.padEnd(7)} ${`${d.rateHz} Hz`.padStart(8)}  ${d.title}`);
  io.out("");
  io.out(ports.length === 0 ? "No serial port found on this machine." : "Serial ports of this machine:");
  for (const port of ports) io.out(`  ${port.path.padEnd(26)} ${port.label}`);
  io.out("");
  io.out("Next: cellgate devices probe --port <port>, or --host <address> for a network device");
  return EXIT.ok;
}
export const devicesListCommand = command({
  words: ["devices", "list"],
  summary: "devices this node can read, and the serial ports of this machine",
  example: "cellgate devices list",
  options: { json: flag("one JSON object") },
  run: ({ values }, io) => list(values.json, io),
});

// --- probe ---

interface Finding {
  readonly device: string;
  readonly readings: number;
  readonly faults: number;
  readonly share: number;
  readonly note: string;
}
async function tryDevice(device: Device, target: Target, seconds: number): Promise<Finding> {
  const session = await listen(device, target, device.probeSettings);
  await pause(seconds * 1_000);
  const { connected, detail } = session.transport.health();
  await session.transport.close();
  const readings = session.heard.reduce((sum, h) => sum + h.count, 0);
  const faults = session.heard.reduce((sum, h) => sum + h.faults, 0);
  const share = readings === 0 ? 0 : readings / (readings + faults);
  const worst = [...session.codes].sort(([, a], [, b]) => b - a)[0];
  const silent = connected || device.link === "udp" ? "nothing heard" : detail;
  return {
    device: device.name,
    readings,
    faults,
    share,
    note: readings + faults === 0 ? silent : (worst?.[0] ?? ""),
  };
}
/** Listens as each device in turn; the best that could be read, plain lines of numbers last. */
export async function recognise(
  target: Target,
  only: string | undefined,
  seconds: number,
  say: (line: string) => void,
): Promise<{ readonly findings: readonly Finding[]; readonly best: string | null }> {
  const { port } = target;
  const candidates = DEVICES.filter(
    (d) => (d.link === "serial") === (port !== undefined) && (only === undefined || d.name === only),
  );
  if (candidates.length === 0) throw new UserError(`no such device: ${only}`, "cellgate devices list");
  const findings: Finding[] = [];
  for (const device of candidates) {
    say(`trying ${device.name} …`);
    findings.push(await tryDevice(device, target, seconds));
  }
  // plain lines of numbers are what nothing more specific explains
  const recognised = findings
    .filter((f) => f.share >= RECOGNISED_SHARE)
    .sort(
      (a, b) =>
        Number(a.device === "plain_csv") - Number(b.device === "plain_csv") ||
        b.share - a.share ||
        b.readings - a.readings,
    );
  return { findings, best: recognised[0]?.device ?? null };
}

async function probe(input: CommandInput<typeof probeOptions>, io: Io): Promise<number> {
  const { port, host } = input.values;
  if ((port === undefined) === (host === undefined))
    throw new UserError("probe needs either --port or --host", "cellgate devices list shows the ports");
  const { findings, best } = await recognise(
    input.values,
    input.positionals[0],
    input.values.for / 1e6,
    (line) => void (io.interactive && io.err(line)),
  );
  if (input.values.json) io.out(JSON.stringify({ recognised: best, findings }));
  else {
    for (const f of findings)
      io.out(
        `  ${f.device.padEnd(26)} ${String(f.readings).padStart(6)} readings ${String(f.faults).padStart(6)} faults  ${f.note}`,
      );
    io.out(
      best === null
        ? "Nothing recognised. Is it powered, is it the right port, does it need its own baud rate (--baud)?"
        : `This is ${best}. Next: cellgate devices monitor ${best} ${port === undefined ? `--host ${host}` : `--port ${port}`}`,
    );
    if (best !== null)
      for (const line of ["", "For the deployment:", "", ...yamlOf(best, input.values)]) io.out(line);
  }
  return best === null ? EXIT.found : EXIT.ok;
}

/** Transport and channels of a device that was found, as a deployment has them. */
function yamlOf(name: string, { port, host, baud }: Target): string[] {
  const device = DEVICES.find((d) => d.name === name)!;
  const session = device.open(device.settings.parse(device.probeSettings));
  const bare = device.settings.safeParse({}).success;
  const [address, at] = (host ?? "").split(":");
  const transport = {
    kind: device.link,
    ...(port === undefined
      ? { host: address, ...(at !== undefined && { port: Number(at) }) }
      : { path: port }),
    device: name,
    ...(baud !== undefined && { baudRate: baud }),
    ...(!bare && { deviceSettings: device.probeSettings }),
  };
  const flow = (value: unknown): string => stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();
  return [
    "transports:",
    `  ${name}: ${flow(transport)}`,
    "channels:",
    ...session.channels.map((channel) => {
      const constant = ["estop", "estopDual", "protectiveStop", "flag", "safetyMode"].includes(
        channel.quantity,
      );
      return `  ${channel.name}: ${flow({
        quantity: channel.quantity,
        transport: name,
        address: channel.name,
        maxAgeMs: device.silenceMs,
        minRateHz: device.rateHz * RATE_SHARE,
        stamped: false,
        ...(constant && { declaredConstant: true }),
      })}`;
    }),
  ];
}
const TARGET = {
  port: optional(kinds.file, "serial port, for example /dev/ttyUSB0", { as: "PORT" }),
  host: optional(
    kinds.named("HOST", "an address of the network: host or host:port"),
    "address of a network device, host or host:port",
  ),
  baud: optional(kinds.count(100_000_000), "baud rate instead of the maker's"),
} as const;
const probeOptions = {
  ...TARGET,
  for: withDefault(kinds.duration(DAY_US, "1.5s"), "1.5s", "how long to listen per device"),
  json: flag("one JSON object"),
} as const;
export const devicesProbeCommand = command({
  words: ["devices", "probe"],
  summary: "listen on a port or address and tell which device is there",
  takes: "[device]",
  example: "cellgate devices probe --port /dev/ttyUSB0",
  options: probeOptions,
  run: probe,
});

// --- monitor ---

function lineOf({ channel, count, faults, values, atUs }: Heard, seconds: number, nowUs: number): string {
  const shown = values
    .slice(0, 6)
    .map((v) => v.toFixed(3).padStart(9))
    .join(" ");
  const age = atUs < 0 ? "never heard" : `${Math.round((nowUs - atUs) / 1_000)} ms old`;
  return `${channel.name.padEnd(16)} ${(count / seconds).toFixed(0).padStart(5)} Hz ${String(faults).padStart(6)} faults  ${shown} ${channel.unit}  ${age}`;
}
async function monitor(input: CommandInput<typeof monitorOptions>, io: Io): Promise<number> {
  const name = input.positionals[0];
  const device = DEVICES.find((d) => d.name === name);
  if (device === undefined) throw new UserError(`no device named "${name ?? ""}"`, "cellgate devices list");
  const session = await listen(device, input.values, input.values.settings ?? device.probeSettings);
  const seconds = (input.values.for ?? Number.POSITIVE_INFINITY) / 1e6;
  const stopped = new AbortController();
  const interrupt = (): void => stopped.abort();
  process.once("SIGINT", interrupt);
  const clock = performance.now();
  let drawn = 0;
  for (let elapsed = 0; elapsed < seconds && !stopped.signal.aborted; ) {
    await pause(
      Math.min(io.interactive ? SCREEN_PERIOD_MS : LINE_PERIOD_MS, (seconds - elapsed) * 1_000),
      stopped.signal,
    );
    elapsed = (performance.now() - clock) / 1_000;
    const nowUs = Math.max(...session.heard.map((h) => h.atUs), microsOf(elapsed * 1e6));
    const lines = session.heard.map((heard) => lineOf(heard, elapsed, nowUs));
    if (session.state() !== "") lines.push(session.state());
    if (io.interactive && drawn > 0) process.stdout.write(`\x1b[${drawn}A\x1b[J`);
    for (const line of lines) io.out(line);
    drawn = lines.length;
  }
  process.off("SIGINT", interrupt);
  await session.transport.close();
  if (stopped.signal.aborted) return EXIT.interrupted;
  return session.heard.some((h) => h.count > 0) ? EXIT.ok : EXIT.found;
}
const monitorOptions = {
  ...TARGET,
  settings: optional(kinds.json, "settings of the device as JSON, see its README"),
  for: optional(kinds.duration(DAY_US, "10s"), "end after this time (runs until Ctrl-C)"),
} as const;
export const devicesMonitorCommand = command({
  words: ["devices", "monitor"],
  summary: "show what a device measures, how often, and what is wrong with it",
  takes: "<device>",
  example: "cellgate devices monitor benewake_tfmini --port /dev/ttyUSB0",
  options: monitorOptions,
  run: monitor,
});

export const DEVICES_COMMANDS: readonly Command[] = [
  devicesListCommand,
  devicesProbeCommand,
  devicesMonitorCommand,
];
