import { createServer, type Socket } from "node:net";
import { createRequire } from "node:module";
import { afterEach, describe, expect, it } from "vitest";
import { DEVICES } from "../../../../devices/index.ts";
import { modbusTcp } from "../../../../devices/modbus-tcp/device.ts";
import { createActuator } from "../../../../src/edge/actuators/index.ts";
import { TcpTransport, tcpSettings } from "../../../../src/edge/transports/tcp/index.ts";
import { listen } from "../../../contract/device.ts";
import { bindings, contextOf, createRecorder, pause, runClock, until } from "../../../contract/recorder.ts";

/** The server of another implementation, over the tables below. */
interface Peer {
  close(done: () => void): void;
  once(event: "initialized" | "serverError", listener: (cause?: unknown) => void): void;
}
const { ServerTCP } = createRequire(import.meta.url)("modbus-serial") as {
  ServerTCP: new (vector: object, options: object) => Peer;
};

const SET = {
  pollMs: 5,
  inputs: [
    { name: "estop", quantity: "estopDual", at: 4 },
    { name: "curtain", quantity: "range", table: "registers", at: 10, type: "u16", scale: 0.001 },
    { name: "weight", quantity: "scalar", table: "holding", at: 7, type: "f32" },
  ],
} as const;
const CHANNELS = bindings([
  { name: "estop", address: "estop", quantity: "estopDual" },
  { name: "curtain", address: "curtain", quantity: "range" },
  { name: "weight", address: "weight", quantity: "scalar" },
]);

/** A controller with two contacts, a curtain, a weight, one coil and one register. */
class Controller {
  readonly contacts = new Map([
    [4, true],
    [5, true],
  ]);
  curtainMm = 1_250;
  readonly coils = new Map<number, boolean>();
  readonly written: number[] = [];
  #server: Peer | null = null;

  async start(port: number): Promise<void> {
    const weight = Buffer.alloc(4);
    weight.writeFloatBE(12.5);
    this.#server = new ServerTCP(
      {
        getDiscreteInput: (at: number) => this.contacts.get(at) ?? false,
        getInputRegister: () => this.curtainMm,
        getHoldingRegister: (at: number) => weight.readUInt16BE((at - 7) * 2),
        setCoil: (at: number, on: boolean) => void this.coils.set(at, on),
        setRegister: (_at: number, value: number) => void this.written.push(value),
      },
      { host: "127.0.0.1", port, unitID: 1 },
    );
    await new Promise<void>((done, fail) => {
      this.#server!.once("initialized", () => done());
      this.#server!.once("serverError", fail);
    });
  }
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server !== null) await new Promise<void>((done) => server.close(done));
  }
}
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, "127.0.0.1", done));
  const { port } = probe.address() as { port: number };
  await new Promise((done) => probe.close(done));
  return port;
}

describe("Modbus TCP against another implementation", () => {
  const clock = runClock();
  let transport: TcpTransport | null = null;
  const controller = new Controller();
  afterEach(async () => {
    await transport?.close();
    await controller.stop();
  });
  const open = async (port: number, recorder = createRecorder(clock)) => {
    const settings = {
      kind: "tcp",
      host: "127.0.0.1",
      port,
      device: "modbus_tcp",
      deviceSettings: SET,
      reopenMs: 30,
    };
    transport = new TcpTransport("plc", tcpSettings.parse(settings), DEVICES);
    await transport.open(contextOf(recorder, clock, CHANNELS));
    return recorder;
  };
  const last = (recorder: ReturnType<typeof createRecorder>, channel: number): number[] | undefined =>
    recorder.samples.findLast((s) => s.channel === channel)?.values;

  it("reads contacts and numbers, and sees them change", async () => {
    const port = await freePort();
    await controller.start(port);
    const recorder = await open(port);
    await until("all three were read", () =>
      [0, 1, 2].every((channel) => last(recorder, channel) !== undefined),
    );
    expect([last(recorder, 0), last(recorder, 1), last(recorder, 2)]).toEqual([[1, 1], [1.25], [12.5]]);
    controller.contacts.set(5, false);
    controller.curtainMm = 300;
    await until("pressed and near", () => last(recorder, 0)![1] === 0 && last(recorder, 1)![0]! < 1);
    expect([last(recorder, 0), last(recorder, 1)]).toEqual([[1, 0], [0.3]]);
    expect(recorder.faults).toEqual([]);
  });
  it("an enabling relay: a stop opens the coil, only a heartbeat that allows motion closes it", async () => {
    const port = await freePort();
    await controller.start(port);
    await open(port);
    const wired = (address: string) =>
      createActuator(
        "relay",
        { kind: "relay", transport: "plc", address, confirmMs: 500 },
        transport!.sender,
      );
    const [relay, counter] = [wired("coil:3"), wired("register:9")];
    if (!relay.ok || !counter.ok) throw new Error("no actuator");
    const beat = (n: number, mayMove: boolean) =>
      ({ kind: "heartbeat", counter: n, state: "RUNNING", mayMove, configHash: "00" }) as never;
    const stop = { kind: "block", pose: [], code: "ESTOP_PRESSED" } as never;
    await until("connected", () => transport!.health().connected);
    expect(relay.value.heartbeat(beat(1, true))).toBe(true);
    await until("closed", () => controller.coils.get(3) === true);
    expect(relay.value.block(stop)).toBe(true);
    await until("open again", () => controller.coils.get(3) === false);
    counter.value.heartbeat(beat(5, true));
    counter.value.heartbeat(beat(6, true));
    counter.value.block(stop);
    await until("three writes", () => controller.written.length === 3);
    expect(controller.written).toEqual([6, 7, 0]);
    expect(transport!.sender.send("coil:3", { kind: "slow", scale: 0.5 })).toBe(false);
    expect(transport!.sender.send("holding:3", { kind: "stop", pose: [], code: "X" })).toBe(false);
  });
  it("a server that is gone and comes back: nothing is read meanwhile, nothing of before is sent", async () => {
    const port = await freePort();
    await controller.start(port);
    const recorder = await open(port);
    await until("first readings", () => last(recorder, 0) !== undefined);
    await controller.stop();
    await until("lost", () => recorder.active("DEVICE_LINK_LOST"));
    const before = recorder.samples.length;
    controller.coils.clear();
    expect(transport!.sender.send("coil:3", { kind: "stop", pose: [], code: "ESTOP_PRESSED" })).toBe(false);
    await pause(50);
    expect(recorder.samples.length).toBe(before);
    await controller.start(port);
    await until("read again", () => recorder.samples.length > before);
    expect(recorder.active("DEVICE_LINK_LOST")).toBe(false);
    expect(controller.coils.size).toBe(0);
  });
});

describe("answers that must not be believed", () => {
  const session = () =>
    modbusTcp.open(modbusTcp.settings.parse({ inputs: [{ name: "estop", quantity: "estop", at: 0 }] }));
  const answerTo = (question: Uint8Array, level: number): Uint8Array => {
    const bytes = Uint8Array.of(question[0]!, question[1]!, 0, 0, 0, 4, 1, 2, 1, level);
    return bytes;
  };
  it("the same answer a second time, and one to an earlier question", () => {
    const one = session();
    const first = one.poll!()!;
    expect(listen(one, [answerTo(first, 1)]).readings).toHaveLength(1);
    expect(listen(one, [answerTo(first, 1)])).toEqual({ readings: [], faults: ["DEVICE_SEQUENCE"] });
    const second = one.poll!()!;
    expect(listen(one, [answerTo(first, 1)]).faults).toEqual(["DEVICE_SEQUENCE"]);
    expect(listen(one, [answerTo(second, 1)]).readings).toEqual([]);
    expect(listen(one, [answerTo(one.poll!()!, 0)]).readings[0]!.values).toEqual([0]);
  });
  it("a connection that answers with everything but Modbus gives no reading", async () => {
    const sockets: Socket[] = [];
    const liar = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => undefined);
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\n".repeat(20)));
    });
    await new Promise<void>((done) => liar.listen(0, "127.0.0.1", done));
    const clock = runClock();
    const recorder = createRecorder(clock);
    const settings = {
      kind: "tcp",
      host: "127.0.0.1",
      port: (liar.address() as { port: number }).port,
      device: "modbus_tcp",
      deviceSettings: SET,
    };
    const transport = new TcpTransport("plc", tcpSettings.parse(settings), DEVICES);
    await transport.open(contextOf(recorder, clock, CHANNELS));
    await until("noise was noticed", () => recorder.faults.some((f) => f.code === "DEVICE_NOISE"));
    expect(recorder.samples).toEqual([]);
    await transport.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => liar.close(done));
  });
});
