import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as dial, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { pause } from "../../../contract/recorder.ts";

const BINARY = ["mosquitto", "/usr/sbin/mosquitto"].find(
  (path) => spawnSync(path, ["-h"], { stdio: "ignore" }).error === undefined,
);
/** null: mosquitto runs here; otherwise what to install */
export const MOSQUITTO_MISSING =
  BINARY === undefined ? "mosquitto is not installed (apt install mosquitto mosquitto-clients)" : null;
export const LAUNCH = new URL("../../../../launch/mosquitto/", import.meta.url);

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** A real broker on a loopback port, ended by its process id. */
export class Broker {
  readonly folder = mkdtempSync(join(tmpdir(), "cellgate-broker-"));
  port = 0;
  log = "";
  #process: ChildProcess | null = null;

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }
  /** `lines` are added to an open broker without access list */
  async start(lines: readonly string[] = []): Promise<void> {
    if (this.port === 0) this.port = await freePort();
    const config = [
      `listener ${this.port} 127.0.0.1`,
      "allow_anonymous true",
      "set_tcp_nodelay true",
      `persistence_location ${this.folder}/`,
      "persistence true",
      "autosave_interval 1",
      "user root",
      "max_queued_messages 0",
      ...lines,
    ];
    writeFileSync(join(this.folder, "test.conf"), `${config.join("\n")}\n`);
    await this.#run(join(this.folder, "test.conf"));
  }
  /** the published example, on a free port */
  async startExample(clients: readonly string[]): Promise<void> {
    this.port = await freePort();
    mkdirSync(join(this.folder, "data"), { recursive: true });
    cpSync(new URL("acl", LAUNCH), join(this.folder, "acl"));
    const text = readFileSync(new URL("mosquitto.conf", LAUNCH), "utf8").replace(
      "listener 8883",
      `listener ${this.port} 127.0.0.1\nuser root`,
    );
    writeFileSync(join(this.folder, "mosquitto.conf"), text);
    const made = spawnSync(
      new URL("make-certificates.sh", LAUNCH).pathname,
      ["certificates", "localhost", ...clients],
      { cwd: this.folder, encoding: "utf8" },
    );
    if (made.status !== 0) throw new Error(made.stderr);
    await this.#run(join(this.folder, "mosquitto.conf"));
  }
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const ended = this.#process;
    this.#process = null;
    if (ended === null || ended.exitCode !== null) return;
    const gone = new Promise((resolve) => ended.once("exit", resolve));
    ended.kill(signal);
    await gone;
  }
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }
  async end(): Promise<void> {
    this.signal("SIGCONT");
    await this.stop("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
  file(name: string): string {
    return join(this.folder, name);
  }
  async #run(config: string): Promise<void> {
    this.#process = spawn(BINARY ?? "mosquitto", ["-c", config], {
      cwd: this.folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process.stderr?.on("data", (chunk: Buffer) => {
      this.log = (this.log + chunk.toString()).slice(-20_000);
    });
    for (let i = 0; i < 400; i++) {
      if (this.#process.exitCode !== null) throw new Error(`mosquitto ended: ${this.log}`);
      if (await reachable(this.port)) return;
      await pause(10);
    }
    throw new Error(`mosquitto does not listen: ${this.log}`);
  }
}
function reachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial({ port, host: "127.0.0.1" });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

export interface Heard {
  readonly topic: string;
  readonly text: string;
  readonly payload: Buffer;
  readonly retain: boolean;
  readonly qos: number;
  readonly properties: Readonly<Record<string, unknown>>;
}
/** Another client of the plant: remembers what it hears. */
export class Peer {
  readonly heard: Heard[] = [];
  readonly client: MqttClient;
  private constructor(client: MqttClient) {
    this.client = client;
    client.on("message", (topic, payload, packet) => {
      this.heard.push({
        topic,
        text: payload.toString(),
        payload,
        retain: packet.retain,
        qos: packet.qos,
        properties: (packet.properties ?? {}) as Record<string, unknown>,
      });
    });
    client.on("error", () => undefined);
  }
  static async join(
    url: string,
    filters: readonly string[] = [],
    options: IClientOptions = {},
  ): Promise<Peer> {
    const client = connect(url, { protocolVersion: 5, reconnectPeriod: 100, ...options });
    const peer = new Peer(client);
    await new Promise<void>((resolve, reject) => {
      client.once("connect", () => resolve());
      client.once("error", reject);
    });
    if (filters.length > 0) await client.subscribeAsync([...filters], { qos: 1, rap: true } as { qos: 1 });
    return peer;
  }
  on(topic: string): Heard[] {
    return this.heard.filter((h) => h.topic === topic);
  }
  json(topic: string): Readonly<Record<string, unknown>>[] {
    return this.on(topic).map((h) => JSON.parse(h.text) as Record<string, unknown>);
  }
  async say(
    topic: string,
    body: unknown,
    options: { qos?: 0 | 1; retain?: boolean; expiry?: number; contentType?: string } = {},
  ): Promise<void> {
    const payload = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const { qos = 1, retain = false, expiry, contentType } = options;
    await this.client.publishAsync(topic, payload, {
      qos,
      retain,
      properties: {
        ...(expiry !== undefined && { messageExpiryInterval: expiry }),
        ...(contentType !== undefined && { contentType }),
      },
    });
  }
  async leave(): Promise<void> {
    await this.client.endAsync(true);
  }
}
