import { generateKeyPairSync } from "node:crypto";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { rawKeyHex } from "../../src/control/index.ts";
import { type FleetMessage, type FleetReport } from "../../src/fleet/index.ts";
import { Broker, Peer } from "../mqtt/broker.ts";
import { DEMO_TEXT } from "../node/in-process.ts";
import { NodeProcess, ROOT } from "../node/processes.ts";

/** Real nodes of simulated cells at a real broker, with somebody who keeps proposing actions to each. */
export class LiveFleet {
  readonly folder = mkdtempSync(join(tmpdir(), "cellgate-line-"));
  readonly broker = new Broker();
  readonly nodes = new Map<string, NodeProcess>();
  readonly #keys = generateKeyPairSync("ed25519");
  #peer: Peer | null = null;
  #proposer: NodeJS.Timeout | null = null;
  #n = 0;

  async start(cells: readonly string[]): Promise<void> {
    await this.broker.start();
    const pem = this.#keys.privateKey.export({ format: "pem", type: "pkcs8" }) as string;
    writeFileSync(join(this.folder, "centre.key"), pem, { mode: 0o600 });
    copyFileSync(join(ROOT, "launch/robot-factory.head.json"), this.file("robot-factory.head.json"));
    this.#peer = await Peer.join(this.broker.url, ["plant/line/#"]);
    for (const cell of cells) this.startNode(cell);
    for (const cell of cells) await this.publicKey(cell);
    this.#proposer = setInterval(() => void this.propose(), 40);
  }
  file(name: string): string {
    return join(this.folder, name);
  }
  startNode(cell: string): NodeProcess {
    const fleet = [
      `fleet:`,
      `  { url: "${this.broker.url}", base: plant, name: line, reportMs: 100, accepts: [head, rules],`,
      `    centreKey: ${rawKeyHex(this.#keys.publicKey)},`,
      `    mayChange: { rules.force.wrist.maxForceN: { min: 20, max: 95 } } }`,
    ];
    // nobody resets or resumes: the cells stay blocked, so that orders are taken at once
    const text = DEMO_TEXT.replace("cell: demo_cell", `cell: ${cell}`).replace(
      "scenario: walk-in",
      "scenario: walk-in, operator: false",
    );
    writeFileSync(this.file(`${cell}.yaml`), [text, "control: { port: 0 }", ...fleet, ""].join("\n"));
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
  get peer(): Peer {
    return this.#peer!;
  }
  private async propose(): Promise<void> {
    const id = `a${this.#n++}`;
    for (const cell of this.nodes.keys()) {
      const [address, token] = [
        join(this.folder, cell, "control.json"),
        join(this.folder, cell, "operators/shift_lead.token"),
      ];
      if (!existsSync(address) || !existsSync(token)) continue;
      const args = { joint_names: ["joint_1"], points: [{ positions_rad: [0.1], time_from_start_ms: 100 }] };
      const body = { schema: "cellgate.proposal/1", action_id: id, proposer: "planner", target: "/nowhere" };
      await fetch(`${(JSON.parse(readFileSync(address, "utf8")) as { url: string }).url}/v1/proposals`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${readFileSync(token, "utf8").trim()}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({ ...body, verb: "trajectory", args }),
        // a node that starts anew does not answer for a moment
      }).catch(() => null);
    }
  }
  async end(): Promise<void> {
    if (this.#proposer !== null) clearInterval(this.#proposer);
    await this.#peer?.leave();
    for (const node of this.nodes.values()) if (node.child.exitCode === null) await node.kill("SIGKILL");
    await this.broker.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
