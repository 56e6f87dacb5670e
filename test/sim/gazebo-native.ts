import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import protobuf from "protobufjs";
import { ROBOT_FACTORY } from "../../src/core/physics/cell.ts";
import { type GazeboPrefix, serverCommand, serverEnvironment } from "../../sim/gazebo/prefix.ts";
import { classicSdfOf } from "../../sim/worlds/classic.ts";

const TYPES = ["packet", "subscribe", "publish", "world_control", "wrench_stamped", "world_stats"];
const LENGTH_DIGITS = 8;

/** Gazebo's own transport: eight hexadecimal digits of length, then a protobuf message. */
class Framed {
  readonly socket: Socket;
  #held = Buffer.alloc(0);

  constructor(socket: Socket, onMessage: (bytes: Buffer) => void) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.#held = Buffer.concat([this.#held, chunk]);
      for (;;) {
        if (this.#held.length < LENGTH_DIGITS) return;
        const size = Number.parseInt(this.#held.subarray(0, LENGTH_DIGITS).toString("latin1"), 16);
        if (this.#held.length < LENGTH_DIGITS + size) return;
        const message = Buffer.from(this.#held.subarray(LENGTH_DIGITS, LENGTH_DIGITS + size));
        this.#held = this.#held.subarray(LENGTH_DIGITS + size);
        onMessage(message);
      }
    });
  }
  send(bytes: Uint8Array): void {
    this.socket.write(
      Buffer.concat([Buffer.from(bytes.length.toString(16).padStart(LENGTH_DIGITS, "0")), bytes]),
    );
  }
}

function schemas(prefix: GazeboPrefix): protobuf.Root {
  const protos = join(prefix.root, "include/usr/include/gazebo-11/gazebo/msgs/proto");
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => (target.startsWith("/") ? target : join(protos, target));
  root.loadSync(
    TYPES.map((name) => join(protos, `${name}.proto`)),
    { keepCase: true },
  );
  return root;
}
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** A paused world of Gazebo without any plugin of ours, talked to as its own tools do. */
export class NativeGazebo {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #root: protobuf.Root;
  readonly #port: number;
  readonly #sockets: Socket[] = [];
  #server: Server | null = null;
  #master: Framed | null = null;
  readonly #waiting = new Map<string, (at: { host: string; port: number }) => void>();

  private constructor(child: ChildProcess, folder: string, root: protobuf.Root, port: number) {
    this.#child = child;
    this.#folder = folder;
    this.#root = root;
    this.#port = port;
  }

  static async start(prefix: GazeboPrefix): Promise<NativeGazebo> {
    const folder = mkdtempSync(join(tmpdir(), "cellgate-native-"));
    mkdirSync(join(folder, "home"));
    const world = join(folder, "cell.world");
    writeFileSync(world, classicSdfOf(ROBOT_FACTORY, null));
    const port = await freePort();
    const { file, args } = serverCommand(prefix, world);
    const child = spawn(file, [...args.slice(0, -1), "-u", world], {
      stdio: "ignore",
      env: serverEnvironment(prefix, join(folder, "home"), port),
    });
    const gazebo = new NativeGazebo(child, folder, schemas(prefix), port);
    try {
      await gazebo.#connect();
      return gazebo;
    } catch (cause) {
      await gazebo.stop();
      throw cause;
    }
  }

  async #connect(): Promise<void> {
    for (let attempt = 0; this.#master === null; attempt++) {
      const ended = this.#child.exitCode ?? this.#child.signalCode;
      if (ended !== null) throw new Error(`Gazebo ended with ${ended} before its master answered`);
      if (attempt > 1_200) throw new Error("Gazebo's master did not answer");
      const socket = connect(this.#port, "127.0.0.1");
      const up = await new Promise<boolean>((resolve) => {
        socket.once("connect", () => resolve(true));
        socket.once("error", () => resolve(false));
      });
      if (up) {
        this.#sockets.push(socket);
        this.#master = new Framed(socket, (bytes) => this.#heard(bytes));
      } else await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  encode(type: string, value: Record<string, unknown>): Uint8Array {
    const message = this.#root.lookupType(`gazebo.msgs.${type}`);
    return message.encode(message.fromObject(value)).finish();
  }
  decode(type: string, bytes: Uint8Array): Record<string, unknown> {
    const message = this.#root.lookupType(`gazebo.msgs.${type}`);
    return message.toObject(message.decode(bytes), { longs: Number, defaults: true });
  }
  #packet(type: string, body: string, value: Record<string, unknown>): Uint8Array {
    return this.encode("Packet", {
      stamp: { sec: 0, nsec: 0 },
      type,
      serialized_data: this.encode(body, value),
    });
  }

  #heard(bytes: Buffer): void {
    const packet = this.decode("Packet", bytes) as { type: string; serialized_data: Uint8Array };
    if (!["publisher_subscribe", "publisher_advertise"].includes(packet.type)) return;
    const { topic, host, port } = this.decode("Publish", packet.serialized_data) as {
      topic: string;
      host: string;
      port: number;
    };
    this.#waiting.get(topic)?.({ host, port });
  }

  /** delivers every message of a topic */
  async subscribe(
    topic: string,
    type: string,
    each: (message: Record<string, unknown>) => void,
  ): Promise<void> {
    const request = { topic, host: "127.0.0.1", port: 1, msg_type: `gazebo.msgs.${type}`, latching: false };
    const at = await new Promise<{ host: string; port: number }>((resolve) => {
      this.#waiting.set(topic, resolve);
      this.#master!.send(this.#packet("subscribe", "Subscribe", request));
    });
    const socket = connect(at.port, at.host);
    this.#sockets.push(socket);
    const framed = new Framed(socket, (bytes) => each(this.decode(type, bytes)));
    await new Promise((resolve) => socket.once("connect", resolve));
    framed.send(
      this.#packet("sub", "Subscribe", { ...request, host: "127.0.0.1", port: socket.localPort ?? 1 }),
    );
  }

  /** resolves with a function that publishes, once somebody listens */
  async advertise(topic: string, type: string): Promise<(value: Record<string, unknown>) => void> {
    const listeners: Framed[] = [];
    const server = createServer();
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const heard = new Promise<void>((resolve) => {
      server.on("connection", (socket) => {
        this.#sockets.push(socket);
        const framed = new Framed(socket, () => {
          listeners.push(framed);
          resolve();
        });
      });
    });
    this.#master!.send(
      this.#packet("advertise", "Publish", {
        topic,
        msg_type: `gazebo.msgs.${type}`,
        host: "127.0.0.1",
        port,
      }),
    );
    await heard;
    return (value) => {
      for (const listener of listeners) listener.send(this.encode(type, value));
    };
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
