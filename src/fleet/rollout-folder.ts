import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { ReceiptBody } from "../core/domain/index.ts";
import { makeFolder, readJson, writeJson } from "../edge/files/index.ts";
import {
  createRollout,
  type JudgeSetting,
  type RolloutMemory,
  type RolloutView,
} from "../core/rollout/index.ts";
import { type FrozenRollout, isUnchanged } from "./plan-file.ts";
import { EXIT, UserError } from "../core/base/user-error.ts";
import type { FleetNumbers, FleetState } from "./voice.ts";

const ACTS = ["start", "advance", "pause", "abort", "kill"] as const;
const requestSchema = z.strictObject({
  act: z.enum(ACTS),
  by: z.string().min(1).max(128),
  reason: z.string().max(1_000),
});
export type RolloutRequest = z.infer<typeof requestSchema>;
/** One line of the status file for a cell or a recording. */
export interface ItemStatus {
  readonly name: string;
  readonly told: boolean;
  readonly holds: string;
  readonly says: string;
  /** why it could not be changed; empty: it could, or was not asked */
  readonly trouble: string;
  readonly heardMs: number | null;
}
export interface RolloutStatus {
  readonly id: string;
  readonly automation: string;
  readonly artefact: string;
  readonly atMs: number;
  readonly running: boolean;
  readonly connected: boolean;
  readonly view: RolloutView;
  /** what its stages are asked for */
  readonly judge: JudgeSetting;
  readonly items: readonly ItemStatus[];
}
interface Kept {
  readonly memory: RolloutMemory;
  readonly recent: readonly ReceiptBody[];
}
const REQUESTS_MAX = 100;
/** a centre writes its status every second; what is older comes from one that has ended */
const STATUS_FRESH_MS = 5_000;

/**
 * One rollout on disk: the frozen plan, what the rollout knows, what people ask of it. Each file is replaced
 * whole, so a power cut leaves the old or the new one.
 */
export class RolloutFolder {
  readonly path: string;
  constructor(dataDir: string, id: string) {
    this.path = join(dataDir, "plans", id);
  }
  static ids(dataDir: string): string[] {
    const folder = join(dataDir, "plans");
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  }
  get exists(): boolean {
    return existsSync(join(this.path, "plan.json"));
  }
  freeze(frozen: FrozenRollout): void {
    makeFolder(join(this.path, "requests"));
    this.#write("plan.json", frozen);
  }
  /** Throws when it is damaged or no longer what was audited and frozen. */
  plan(): FrozenRollout {
    const frozen = this.planForKill();
    if (!isUnchanged(frozen))
      throw new UserError(
        `${join(this.path, "plan.json")} was changed after it was audited and frozen`,
        "kill still works; otherwise make the plan anew, under another name: what it has touched stands in `cellgate ledger show`",
        EXIT.failed,
      );
    return frozen;
  }
  /** Where the fleet is: a kill does not ask whether the plan is still the same. */
  planForKill(): FrozenRollout {
    return this.#read("plan.json") as FrozenRollout;
  }
  memory(): RolloutMemory | null {
    return (this.#read("memory.json") as Kept | null)?.memory ?? null;
  }
  /** receipts that may not have reached the disk when the last process ended without closing */
  recent(): readonly ReceiptBody[] {
    return (this.#read("memory.json") as Kept | null)?.recent ?? [];
  }
  keep(memory: RolloutMemory, recent: readonly ReceiptBody[] = []): void {
    this.#write("memory.json", { memory, recent } satisfies Kept);
  }
  say(status: RolloutStatus): void {
    this.#write("status.json", status);
  }
  /** What is known of it; without a running centre as the disk remembers. */
  status(): RolloutStatus {
    const said = this.#read("status.json") as RolloutStatus | null;
    if (said !== null) return { ...said, running: said.running && Date.now() - said.atMs < STATUS_FRESH_MS };
    const { plan } = this.plan();
    return {
      id: plan.id,
      automation: plan.automation,
      artefact: plan.artefact,
      atMs: 0,
      running: false,
      connected: false,
      view: createRollout(plan, this.memory()).view(),
      judge: plan.judge,
      items: [],
    };
  }
  ask(request: RolloutRequest): void {
    this.#write(join("requests", `${Date.now()}-${randomUUID()}.json`), request);
  }
  /** What people asked and no centre has taken up yet, oldest first. */
  waitingRequests(): RolloutRequest[] {
    return this.#requestFiles().flatMap((name) => this.#request(name) ?? []);
  }
  /** What people asked since the last call, oldest first. */
  takeRequests(): RolloutRequest[] {
    return this.#requestFiles().flatMap((name) => {
      const request = this.#request(name);
      rmSync(join(this.path, name), { force: true });
      return request ?? [];
    });
  }

  #requestFiles(): string[] {
    const folder = join(this.path, "requests");
    const names = existsSync(folder) ? readdirSync(folder).filter((n) => n.endsWith(".json")) : [];
    return names
      .sort()
      .slice(0, REQUESTS_MAX)
      .map((name) => join("requests", name));
  }
  #request(name: string): RolloutRequest | null {
    const read = requestSchema.safeParse(this.#read(name));
    return read.success ? read.data : null;
  }
  #read(name: string): unknown {
    const path = join(this.path, name);
    if (!existsSync(path)) return null;
    try {
      return readJson(path);
    } catch (cause) {
      throw new UserError(
        `${path} is damaged: ${(cause as Error).message}`,
        "nothing goes on with it; bring it back from a copy, or make a new plan: its cells stand in `cellgate ledger show`",
        EXIT.failed,
      );
    }
  }
  #write(name: string, value: unknown): void {
    writeJson(join(this.path, name), value);
  }
}

const stateSchema = z.strictObject({ epoch: z.number(), killed: z.boolean(), seq: z.number() });
/** What a fleet's key has signed, in the data folder of its centre. */
export function fleetNumbers(dataDir: string, fleet: string): FleetNumbers {
  const path = join(dataDir, `fleet-${fleet}.json`);
  return {
    read(): FleetState {
      if (!existsSync(path)) return { epoch: 0, killed: false, seq: 0 };
      try {
        return stateSchema.parse(readJson(path));
      } catch {
        throw new UserError(
          `${path} is damaged: which orders this fleet has had is not known`,
          "`cellgate rollout kill` still works; after `rollout kill --release` it is written anew",
          EXIT.failed,
        );
      }
    },
    write(state) {
      writeJson(path, state);
    },
  };
}
