import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { rawKeyHex } from "../../src/edge/keys/index.ts";
import type { FleetMessage, FleetReport } from "../../src/fleet/index.ts";
import { readReceipts } from "../../src/edge/ledger/index.ts";
import type { FleetOrder } from "../../src/core/rollout/index.ts";
import { Broker, Peer } from "../edge/transports/mqtt/broker.ts";
import { DEMO_TEXT } from "../node/in-process.ts";
import { NodeProcess, ROOT } from "../node/processes.ts";
import { runCommand, type Said } from "../cli/run-command.ts";

export const PERSON = ["--as", "anna", "--because", "test"] as const;
export interface Status {
  readonly artefact: string;
  readonly view: { readonly state: string; readonly changed: number; readonly told: number };
}
export async function until(what: string, of: () => boolean): Promise<void> {
  for (let i = 0; i < 2_500 && !of(); i++) await pause(40);
  if (!of()) throw new Error(`did not happen: ${what}`);
}

/** A cell that may move, in shadow, with targets of its own: what its gate shows counts as evidence. */
const MOVING = [
  "gate:",
  "  stage: 0",
  "  stageEvidence: { minDecisions: 10, maxDisagreementShare: 0.5, maxLatencyMs: 1000 }",
  '  deferral: { monitored: false, because: "nothing was learned yet in this test" }',
  "  targets:",
  "    arm: { path: /arm, verbs: [trajectory] }",
  "  person: { channels: [base_scan] }",
];
const JOINTS = [1, 2, 3, 4, 5, 6].map((n) => `joint_${n}`);

/** Real nodes of simulated cells at a real broker, with somebody who keeps proposing actions to each. */
export class LiveFleet {
  /** arms that may move; otherwise nobody resets or resumes, and orders are taken at once */
  readonly moving: boolean;
  /** actions are proposed to the arms themselves, not only to a target that there is not */
  toArms = false;
  readonly folder = mkdtempSync(join(tmpdir(), "cellgate-line-"));
  readonly broker = new Broker();
  readonly nodes = new Map<string, NodeProcess>();
  readonly #keys = generateKeyPairSync("ed25519");
  #peer: Peer | null = null;
  #proposer: NodeJS.Timeout | null = null;
  #n = 0;

  constructor(moving = false) {
    this.moving = moving;
  }
  async start(cells: readonly string[]): Promise<void> {
    await this.broker.start();
    const pem = this.#keys.privateKey.export({ format: "pem", type: "pkcs8" }) as string;
    writeFileSync(join(this.folder, "centre.key"), pem, { mode: 0o600 });
    copyFileSync(join(ROOT, "launch/robot-factory.head.json"), this.file("robot-factory.head.json"));
    this.#peer = await Peer.join(this.broker.url, ["plant/line/#"]);
    for (const cell of cells) this.startNode(cell);
    for (const cell of cells) await this.publicKey(cell);
    this.#proposer = setInterval(() => void this.#propose(), 40);
  }
  file(name: string): string {
    return join(this.folder, name);
  }
  startNode(cell: string): NodeProcess {
    const fleet = [
      `fleet:`,
      `  { url: "${this.broker.url}", base: plant, name: line, reportMs: 100, accepts: [head, rules, stage], maxStage: 1,`,
      `    centreKey: ${rawKeyHex(this.#keys.publicKey)},`,
      `    mayChange: { rules.force.wrist.maxForceN: { min: 20, max: 95 } } }`,
    ];
    const scenario = this.moving ? "scenario: idle" : "scenario: walk-in, operator: false";
    const demo = DEMO_TEXT.replace("cell: demo_cell", `cell: ${cell}`).replace("scenario: walk-in", scenario);
    const text = [demo, "control: { port: 0 }", ...(this.moving ? MOVING : []), ...fleet, ""].join("\n");
    writeFileSync(this.file(`${cell}.yaml`), text);
    const node = new NodeProcess("run", this.file(`${cell}.yaml`), "--data", this.file(cell), "--json");
    this.nodes.set(cell, node);
    return node;
  }
  async publicKey(cell: string): Promise<string> {
    const node = this.nodes.get(cell)!;
    for (let i = 0; i < 1_200; i++) {
      const found = /public key of this cell ([0-9a-f]{64})/.exec(node.stderr)?.[1];
      if (found !== undefined) return found;
      if (node.child.exitCode !== null) break;
      await pause(100);
    }
    throw new Error(`${cell} did not start: ${node.stderr}`);
  }
  async plan(id: string, lines: readonly string[]): Promise<string> {
    const keys: string[] = [];
    for (const cell of this.nodes.keys()) keys.push(`${cell}: ${await this.publicKey(cell)}`);
    const text = [
      `rollout: ${id}`,
      `fleet: { url: "${this.broker.url}", base: plant, name: line, keyFile: centre.key, cells: { ${keys.join(", ")} } }`,
      "baselineCells: [k0]",
      "judge: { minDecisions: 60, dwellS: 1, decisionFailureMax: 0.1, latencyToleranceMs: 5000 }",
      ...lines,
    ];
    writeFileSync(this.file(`${id}.yaml`), `${text.join("\n")}\n`);
    return this.file(`${id}.yaml`);
  }
  /** a command as a person gives it; the nodes are processes of their own */
  say(...args: string[]): Promise<Said> {
    return runCommand(args, { cwd: this.folder });
  }
  roll(...args: string[]): ReturnType<LiveFleet["say"]> {
    return this.say("rollout", ...args, "--rollouts", this.file("rollouts"));
  }
  /** runs a centre until the rollout is over or, with --until-pause, waits for a person */
  async run(id: string, ...more: string[]): Promise<Status & { code: number }> {
    const { code, out, err } = await this.roll("start", id, ...PERSON, "--json", ...more);
    if (out === "") throw new Error(err);
    return { ...(JSON.parse(out) as Status), code };
  }
  /** orders of one rollout, in the broker's order */
  orders(plan: string): FleetOrder[] {
    return this.heard().flatMap(({ body }) =>
      body.format === "cellgate-order-1" && body.plan === plan ? [body] : [],
    );
  }
  /** bodies of receipts in a ledger below the fleet's folder */
  receipts(of: string, type: string): Record<string, unknown>[] {
    return [...readReceipts(this.file(of), { type })].map(
      (r) => (JSON.parse(r.text!) as { body: Record<string, unknown> }).body,
    );
  }
  /** everything that was said on the fleet's topics, in the broker's order */
  heard(): { topic: string; body: FleetMessage }[] {
    return this.#peer!.heard.flatMap(({ topic, text }) =>
      text.startsWith("{") ? [{ topic, body: (JSON.parse(text) as { body: FleetMessage }).body }] : [],
    );
  }
  reports(cell: string): FleetReport[] {
    return this.heard().flatMap(({ body }) =>
      body.format === "cellgate-report-1" && body.cell === cell ? [body] : [],
    );
  }
  newest(cell: string): FleetReport | undefined {
    return this.reports(cell).at(-1);
  }
  get peer(): Peer {
    return this.#peer!;
  }
  /** the fleet's own key, as its centre has it */
  get key(): KeyObject {
    return this.#keys.privateKey;
  }
  /** a machine that others use too is late at times, and a cell that was late is stopped: somebody resumes it */
  async #resume(cell: string): Promise<void> {
    const by = ["--as", "shift_lead", "--because", "looked into the cell", "--data", this.file(cell)];
    await this.say("reset", ...by);
    await this.say("resume", ...by);
  }
  async #propose(): Promise<void> {
    const n = this.#n++;
    // a node that starts anew does not answer for a moment
    for (const cell of this.nodes.keys()) await this.#proposeTo(cell, n).catch(() => null);
  }
  async #proposeTo(cell: string, n: number): Promise<void> {
    const [address, token] = ["control.json", "operators/shift_lead.token"].map((name) =>
      readFileSync(join(this.folder, cell, name), "utf8").trim(),
    );
    const { url } = JSON.parse(address!) as { url: string };
    const headers = { authorization: `Bearer ${token!}`, "content-type": "application/json" };
    const ask = (target: string, args: object): Promise<unknown> => {
      const asked = { schema: "cellgate.proposal/1", action_id: `${target}-${n}`, proposer: "planner" };
      const body = JSON.stringify({ ...asked, target, verb: "trajectory", args });
      return fetch(`${url}/v1/proposals`, { method: "POST", headers, body });
    };
    await ask("/nowhere", {
      joint_names: ["joint_1"],
      points: [{ positions_rad: [0.1], time_from_start_ms: 100 }],
    });
    if (!this.toArms || n % 16 !== 0) return;
    const status = (await (await fetch(`${url}/v1/status`, { headers })).json()) as {
      readonly may_move: boolean;
      readonly motion: { position_rad: number[] };
    };
    if (!status.may_move) await this.#resume(cell);
    // never the same twice: an action that repeats itself is a loop
    const turn = 0.02 + (n % 40) / 1_000;
    const positions_rad = status.motion.position_rad.map((q, j) => (j === 0 ? q + turn : q));
    const point = { positions_rad, velocities_rad_s: [0, 0, 0, 0, 0, 0], time_from_start_ms: 400 };
    await ask("arm", { joint_names: JOINTS, points: [point] });
  }
  async end(): Promise<void> {
    if (this.#proposer !== null) clearInterval(this.#proposer);
    await this.#peer?.leave();
    for (const node of this.nodes.values()) if (node.child.exitCode === null) await node.kill("SIGKILL");
    await this.broker.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
