import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { rawKeyHex } from "../../../src/edge/keys/index.ts";
import { readReceipts } from "../../../src/edge/ledger/index.ts";
import { RECEIPT_SCHEMAS, type Receipt } from "../../../src/core/domain/index.ts";
import { runCommand, type Said } from "../../cli/run-command.ts";
import { Broker, Peer } from "../../edge/transports/mqtt/broker.ts";
import { NodeProcess } from "../processes.ts";

export const BASE = "acme/line4";
export const CELL = "press_cell";
export const OWN = `${BASE}/${CELL}`;
const READING_EVERY_MS = 50;

export async function until(
  what: string,
  of: () => boolean | Promise<boolean>,
  tries = 1_500,
): Promise<void> {
  for (let i = 0; i < tries; i++) {
    if (await of()) return;
    await pause(40);
  }
  throw new Error(`did not happen: ${what}`);
}

const deploymentText = (port: number, anna: string, more: string): string => `cellgate: 1
cell: ${CELL}
robot:
  name: loader
  massMovingKg: 20
  payloadKg: 3
  stopTimeMs: 250
  stopDistanceM: 0.12
  maxToolSpeedMPerS: 1.2
  positionUncertaintyM: 0.01
  joints:
    - { name: shoulder, minRad: -3, maxRad: 3, maxRadPerS: 2, maxRadPerS2: 10 }
    - { name: elbow, minRad: -3, maxRad: 3, maxRadPerS: 2, maxRadPerS2: 10 }
  kinematics:
    dh:
      - { aM: 0.4, alphaRad: 0, dM: 0.2 }
      - { aM: 0.3, alphaRad: 0, dM: 0 }
transports:
  plant:
    kind: mqtt
    url: mqtt://127.0.0.1:${port}
    base: ${BASE}
    unprotected:
      panel_estop: an honest plant in a test
channels:
  panel_estop: { quantity: estop, transport: plant, address: ~/panel/estop, maxAgeMs: 3000, minRateHz: 1, declaredConstant: true }
  joint_states: { quantity: joints, transport: plant, address: ~/robot/joints, maxAgeMs: 3000, minRateHz: 1, declaredConstant: true }
actuators:
  drive: { kind: command, transport: plant, address: ~/command/drive, confirmMs: 5000 }
operators:
  - { name: anna, publicKey: ${anna}, roles: [reset, resume, acknowledge, kill, approve, configure] }
  - { name: planner, roles: [] }
rules: {}
self: { reactionTimeMs: 1000, maxLoopLagMs: 1000 }
control: { port: 0 }
${more}`;

/** A live node with a real broker, an honest plant that tells its readings, and strangers that may join. */
export class AttackedNode {
  readonly folder = mkdtempSync(join(tmpdir(), "cellgate-attacked-"));
  readonly broker = new Broker();
  readonly #keys = generateKeyPairSync("ed25519");
  readonly #more: string;
  node: NodeProcess | null = null;
  #plant: Peer | null = null;
  #telling: NodeJS.Timeout | null = null;
  /** what the honest plant says of its joints: positions, speeds and efforts of both */
  joints = [0.1, 0.2, 0, 0, 0, 0];

  /** `more`: further sections of the deployment */
  constructor(more = "") {
    this.#more = more;
  }
  get key(): KeyObject {
    return this.#keys.privateKey;
  }
  get data(): string {
    return join(this.folder, "data");
  }
  async begin(): Promise<void> {
    await this.broker.start();
    this.#plant = await Peer.join(this.broker.url, [`${OWN}/#`]);
    this.#telling = setInterval(() => this.#tell(), READING_EVERY_MS);
    const text = deploymentText(this.broker.port, rawKeyHex(this.#keys.publicKey), this.#more);
    writeFileSync(join(this.folder, "cell.yaml"), text);
    await this.start();
  }
  async end(): Promise<void> {
    if (this.#telling !== null) clearInterval(this.#telling);
    await this.node?.kill("SIGKILL");
    await this.#plant?.leave();
    await this.broker.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
  /** starts a node and waits until people can reach it */
  async start(): Promise<NodeProcess> {
    const node = new NodeProcess("run", join(this.folder, "cell.yaml"), "--data", this.data, "--json");
    this.node = node;
    await until("the node answers", async () => {
      if (node.child.exitCode !== null) throw new Error(`ended at the start: ${node.stderr}`);
      return (await this.cli("status", "--json")).code === 0;
    });
    return node;
  }
  get plant(): Peer {
    return this.#plant!;
  }
  stranger(): Promise<Peer> {
    return Peer.join(this.broker.url);
  }
  cli(...words: string[]): Promise<Said> {
    const own = words.includes("--as") ? [] : ["--as", "anna"];
    return runCommand([...words, "--data", this.data, ...own], { cwd: this.folder });
  }
  async status(): Promise<{
    state: string;
    why: { code: string };
    causes: { code: string; source: string }[];
  }> {
    return JSON.parse((await this.cli("status", "--json")).out) as never;
  }
  get alive(): boolean {
    return this.node !== null && this.node.child.exitCode === null && this.node.child.signalCode === null;
  }
  async toRunning(): Promise<void> {
    await until("RUNNING", async () => {
      await this.cli("reset");
      await this.cli("resume");
      return (await this.status()).state === "RUNNING";
    });
  }
  receipts(): Receipt[] {
    return [...readReceipts(this.data)]
      .filter(({ type }) => Object.hasOwn(RECEIPT_SCHEMAS, type))
      .map(({ text }) => JSON.parse(text!) as Receipt);
  }
  /** this start of this node, as its retained status tells everybody who may listen */
  get instance(): string {
    const told = this.plant.json(`${OWN}/status`).findLast(({ status }) => status === "online");
    return String(told?.["instance"]);
  }
  /** a signed request as the contract wants it */
  signed(content: object, by = "anna"): Record<string, unknown> {
    const payload = JSON.stringify(content);
    const text = `cellgate.signed-request/2\n${BASE}\n${CELL}\n${this.instance}\n${by}\n${payload}`;
    const signature = sign(null, Buffer.from(text), this.key).toString("hex");
    return { schema: "cellgate.signed-request/2", by, payload, signature };
  }
  #tell(): void {
    const said = [
      ["panel/estop", { value: true }],
      ["robot/joints", { values: this.joints }],
    ] as const;
    const stamp_us = Date.now() * 1_000;
    for (const [topic, reading] of said)
      this.#plant?.client.publish(`${OWN}/${topic}`, JSON.stringify({ ...reading, stamp_us }), { qos: 0 });
  }
}
