import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodeStatus } from "../../../../src/core/domain/index.ts";
import type { Door, Outcome } from "../../../../src/edge/ports/index.ts";
import { StateWriter } from "../../../../src/edge/files/index.ts";
import { openSignedRequests } from "../../../../src/edge/ledger/index.ts";
import { type Control, openControl, tokenFile } from "../../../../src/edge/http/control/index.ts";

export const OPERATORS = [
  { name: "lead", roles: ["reset", "resume", "acknowledge", "approve", "kill", "configure"] as const },
  { name: "guest", roles: ["resume"] as const },
].map((o) => ({ name: o.name, roles: [...o.roles] }));

export const STATUS: NodeStatus = {
  notice: "not a safety-rated device",
  version: "0.0.0",
  cell: "rig",
  config_hash: "abc",
  at: 1,
  t_us: 5_000_000,
  instance: "rig#1",
  boot: 1,
  simulated: false,
  state: "STOPPED",
  state_since_us: 0,
  may_move: false,
  why: {
    code: "ESTOP_PRESSED",
    title: "e-stop",
    source: "stop",
    detail: "input reads 0",
    remedy: "release it",
  },
  causes: [
    {
      code: "ESTOP_PRESSED",
      title: "e-stop",
      source: 'st"op\\1',
      severity: "stop",
      detail: "",
      since_us: 1,
      active: true,
      latched: true,
      clears: "acknowledge",
      cleared_by: "reset",
      remedy: "",
    },
  ],
  channels: [
    {
      name: "stop",
      quantity: "estop",
      unit: "0|1",
      required: true,
      health: "good",
      age_ms: 10,
      rate_hz: 100,
      value: 0,
      limit: null,
    },
  ],
  motion: { known: true, fastest_rad_s: 0, tool_m_s: 0, position_rad: [0] },
  heartbeat: 42,
  block: { active: true, since_us: 1, actuator: "arm" },
  energy: { v_s: null, threshold: 1, model: "none", contributions: {} },
  gate: { stage: 0, enforced: true, open: [], approvals: [], watchers: [], counts: { green: 3 } },
  ledger: { stored: 7, pending: 0, refused: 0, tree_size: 7, root: "", published: 0 },
  latency: { sample_to_block_p50_us: 4, sample_to_block_p99_us: 12, loop_lag_p99_ms: 1, loop_lag_max_ms: 2 },
};

export type Call = { kind: string; body: Record<string, unknown> };
/** A door that writes down what came through it. */
export function recordingDoor(calls: Call[], outcome: () => Outcome, kept: () => boolean = () => true): Door {
  const note =
    (kind: string) =>
    (body: object): Outcome => {
      calls.push({ kind, body: body as Record<string, unknown> });
      return outcome();
    };
  return {
    sample: () => {},
    fault: () => {},
    actuator: () => {},
    proposal: (raw, via) => void calls.push({ kind: "proposal", body: { raw, via } }),
    refusedProposal: (code, via) => void calls.push({ kind: "refusedProposal", body: { code, via } }),
    operator: note("operator"),
    whenLatched: async () => kept(),
    approval: note("approval"),
    switchStage: note("stage"),
    health: (part, code, active, detail) =>
      void calls.push({ kind: "health", body: { part, code, active, detail } }),
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  readonly json: Record<string, unknown>;
}
export interface Ask {
  readonly method?: string;
  readonly token?: string | null;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
}

export class ControlRig {
  readonly dir = mkdtempSync(join(tmpdir(), "cellgate-control-"));
  readonly calls: Call[] = [];
  outcome: Outcome = { accepted: true, code: "CONTROL_ACCEPTED", detail: "" };
  status: NodeStatus = STATUS;
  /** false: a power cut would lose what is latched */
  kept = true;
  opened: Control | null = null;
  readonly #writer = new StateWriter();
  #requests = 0;

  async open(
    settings: Partial<{ port: number; maxBodyBytes: number; maxRequestsPerSecond: number }> = {},
    operators: { name: string; roles: (typeof OPERATORS)[number]["roles"]; publicKey?: string }[] = OPERATORS,
  ): Promise<this> {
    const opened = await openControl({
      settings: {
        host: "127.0.0.1",
        port: 0,
        maxBodyBytes: 4_096,
        maxRequestsPerSecond: 10_000,
        ...settings,
      },
      operators,
      cell: "rig",
      dataDir: this.dir,
      door: recordingDoor(
        this.calls,
        () => this.outcome,
        () => this.kept,
      ),
      source: { status: () => this.status },
      signed: openSignedRequests({
        dataDir: this.dir,
        instance: this.status.instance,
        by: { key: new Uint8Array(32), boot: 1 },
        writer: this.#writer,
        wallUs: () => this.status.at,
        onFailure: () => undefined,
      }),
    });
    if (!opened.ok) throw new Error(`${opened.error.what} → ${opened.error.remedy}`);
    this.opened = opened.value;
    return this;
  }
  async close(): Promise<void> {
    await this.opened?.close();
    await this.#writer.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
  get control(): Control {
    if (this.opened === null) throw new Error("open it first");
    return this.opened;
  }
  token(operator: string): string {
    return readFileSync(tokenFile(this.dir, operator), "utf8").trim();
  }
  requestId(): string {
    return `q${++this.#requests}`;
  }
  post(path: string, body: object, operator = "lead"): Promise<Answer> {
    return this.ask(path, {
      method: "POST",
      token: this.token(operator),
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
  }
  get(path: string, operator: string | null = "lead"): Promise<Answer> {
    return this.ask(path, { token: operator === null ? null : this.token(operator) });
  }
  ask(path: string, { method = "GET", token = null, body, headers = {} }: Ask = {}): Promise<Answer> {
    const url = new URL(path, this.control.url);
    return new Promise((resolve, reject) => {
      const sent = httpRequest(
        url,
        {
          method,
          agent: false,
          headers: {
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
            ...headers,
          },
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on("data", (part: Buffer) => parts.push(part));
          response.on("end", () => {
            const text = Buffer.concat(parts).toString("utf8");
            const isJson = String(response.headers["content-type"]).startsWith("application/json");
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text,
              json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
            });
          });
          response.on("error", reject);
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  }
}
