import { createSocket, type Socket as Datagrams } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEVICES } from "../../../../devices/index.ts";
import { universalRobotsPrimary } from "../../../../devices/universal-robots-primary/device.ts";
import type { Transport } from "../../../../src/edge/ports/index.ts";
import { TcpTransport, tcpSettings } from "../../../../src/edge/transports/tcp/index.ts";
import { UdpTransport, udpSettings } from "../../../../src/edge/transports/udp/index.ts";
import { vectorsOf } from "../../../contract/device.ts";
import { bindings, contextOf, createRecorder, pause, runClock, until } from "../../../contract/recorder.ts";

const clock = runClock();
let recorder = createRecorder(clock);
let transport: Transport | null = null;
beforeEach(() => {
  recorder = createRecorder(clock);
});
afterEach(async () => {
  await transport?.close();
  await transport?.close();
  transport = null;
});

/** A sensor that answers as the RDT interface does. */
class NetFt {
  readonly socket: Datagrams = createSocket("udp4");
  readonly requests: string[] = [];
  port = 0;
  #peer = 0;
  async listen(port = 0): Promise<void> {
    this.socket.on("message", (bytes, from) => {
      this.requests.push(bytes.toString("hex"));
      this.#peer = from.port;
    });
    await new Promise<void>((resolve) => this.socket.bind(port, "127.0.0.1", resolve));
    this.port = this.socket.address().port;
  }
  reply(sequence: number, counts = 10_000, status = 0): void {
    const bytes = Buffer.alloc(36);
    bytes.writeUInt32BE(sequence, 0);
    bytes.writeUInt32BE(status, 8);
    for (let i = 0; i < 6; i++) bytes.writeInt32BE(counts, 12 + 4 * i);
    this.socket.send(bytes, this.#peer, "127.0.0.1");
  }
  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }
}
const SCALE = { countsPerForce: 10_000, countsPerTorque: 100_000 };

describe("UDP: ATI Net F/T", () => {
  const open = async (port: number): Promise<UdpTransport> => {
    const made = new UdpTransport(
      "ft",
      udpSettings.parse({
        kind: "udp",
        host: "127.0.0.1",
        port,
        device: "ati_net_ft",
        deviceSettings: SCALE,
        reopenMs: 30,
      }),
      DEVICES,
    );
    transport = made;
    await made.open(
      contextOf(recorder, clock, bindings([{ name: "wrench", address: "wrench", quantity: "wrench" }])),
    );
    return made;
  };
  it("asks for the stream, reads it, asks for its end", async () => {
    const sensor = new NetFt();
    await sensor.listen();
    const link = await open(sensor.port);
    await until("request", () => sensor.requests.includes("1234000200000000"));
    for (let i = 1; i <= 100; i++) sensor.reply(i);
    await until("readings", () => recorder.samples.length === 100);
    expect(recorder.samples[0]).toMatchObject({ values: [1, 1, 1, 0.1, 0.1, 0.1], sourceSeq: 1 });
    expect(link.health()).toMatchObject({ connected: true, received: 100 });
    await link.close();
    await until("end of stream", () => sensor.requests.includes("1234000000000000"));
    await sensor.close();
  });
  it("B15 datagrams of anybody else are not heard; repeated ones are refused", async () => {
    const sensor = new NetFt();
    await sensor.listen();
    await open(sensor.port);
    await until("request", () => sensor.requests.length > 0);
    const stranger = createSocket("udp4");
    const local = (transport as Transport & { socket: Datagrams }).socket.address().port;
    for (let i = 0; i < 20; i++) stranger.send(Buffer.alloc(36), local, "127.0.0.1");
    sensor.reply(7);
    sensor.reply(7);
    await until("repetition refused", () => recorder.faults.some((f) => f.code === "DEVICE_SEQUENCE"));
    expect(recorder.samples).toHaveLength(1);
    stranger.close();
    await sensor.close();
  });
  it("a sensor that was away is asked again and starts its count anew", async () => {
    const sensor = new NetFt();
    await sensor.listen();
    await open(sensor.port);
    await until("request", () => sensor.requests.length === 1);
    sensor.reply(5_000_000);
    await until("first", () => recorder.samples.length === 1);
    await sensor.close();
    const again = new NetFt();
    await again.listen(sensor.port);
    await until("asked again after silence", () => again.requests.length >= 1);
    again.reply(1);
    await until("reading of the new run", () => recorder.samples.length === 2);
    await again.close();
  });
});

describe("TCP: Universal Robots", () => {
  let server: Server;
  let clients: Socket[] = [];
  let port = 0;
  const listenOn = (at: number): Promise<void> => {
    server = createServer((socket) => {
      clients.push(socket);
      socket.on("error", () => undefined);
    });
    return new Promise((resolve) =>
      server.listen(at, "127.0.0.1", () => {
        port = (server.address() as { port: number }).port;
        resolve();
      }),
    );
  };
  const away = (): Promise<void> => {
    for (const client of clients) client.destroy();
    clients = [];
    return new Promise((resolve) => server.close(() => resolve()));
  };
  beforeEach(() => listenOn(0));
  afterEach(away);
  const state = Buffer.from(vectorsOf(universalRobotsPrimary)[0]!.datagrams[0]!, "hex");
  const open = async (extra: object = {}): Promise<TcpTransport> => {
    const made = new TcpTransport(
      "ur",
      tcpSettings.parse({
        kind: "tcp",
        host: "127.0.0.1",
        port,
        device: "universal_robots_primary",
        reopenMs: 30,
        ...extra,
      }),
      DEVICES,
    );
    transport = made;
    await made.open(
      contextOf(recorder, clock, bindings([{ name: "estop", address: "estop", quantity: "estop" }])),
    );
    await until("accepted", () => clients.length > 0);
    return made;
  };
  it("reads states that come in pieces; a half one before a break is forgotten", async () => {
    await open();
    for (let at = 0; at < state.length; at += 50) {
      clients[0]!.write(state.subarray(at, at + 50));
      await pause(1);
    }
    await until("state", () => recorder.samples.length === 1);
    clients[0]!.write(state.subarray(0, 100));
    await pause(30);
    await away();
    await until("loss", () => recorder.active("DEVICE_LINK_LOST"));
    await listenOn(port);
    await until("back", () => clients.length === 1 && !recorder.active("DEVICE_LINK_LOST"));
    clients[0]!.write(state);
    await until("state after the break", () => recorder.samples.length === 2);
    expect(recorder.faults).toEqual([]);
  });
  it("a connection that says nothing is dropped and made anew", async () => {
    await open({ silenceMs: 150 });
    await until("dropped", () => recorder.active("DEVICE_LINK_LOST"));
    await until("made anew", () => clients.length > 1);
  });
});
