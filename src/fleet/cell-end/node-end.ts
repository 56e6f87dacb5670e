import type { GoodConfig } from "../../node/deployment/index.ts";
import { ed25519Key, rawKeyHex } from "../../edge/keys/index.ts";
import {
  type Code,
  type Effect,
  type FleetConfig,
  type NodeStatus,
  operatorIdOf,
  type ReceiptBody,
} from "../../core/domain/index.ts";
import type { Door } from "../../edge/ports/index.ts";
import type { ArtefactStore } from "../../node/in-use/index.ts";
import { CHANGING, type FleetOrder, type OrderSlot, STRUCTURAL_CAPS } from "../../core/rollout/index.ts";
import { type ArtefactDesk, createArtefactDesk, type Trouble } from "./artefact-desk.ts";
import { cellKeyOf, firstReportOf, publicOf, readAgentState, writeAgentState } from "./cell-files.ts";
import { type CellEnd, openCellLink } from "./cell-link.ts";
import { createDecisionCounter } from "./decision-counter.ts";
import { PerPeriod } from "../per-period.ts";
import type { FleetBundle } from "../sign.ts";

export interface NodeFleetParts {
  readonly fleet: FleetConfig;
  /** the deployment file alone; what is in use on top of it stands in the store */
  readonly own: GoodConfig;
  /** read anew each time: the node's own watch may have gone back meanwhile */
  openStore(): ArtefactStore;
  readonly dataDir: string;
  readonly door: Pick<Door, "operator" | "switchStage">;
  status(): NodeStatus;
  now(): number;
  receipt(body: ReceiptBody): void;
  /** resolves when every receipt so far is on the disk */
  stored(): Promise<void>;
  /** what was taken into use is loaded at a start: end in order, begin again, blocked */
  restart(why: string): void;
}
export interface NodeFleet {
  /** this cell's public key, as plans state it */
  readonly publicKey: string;
  observe(effect: Effect): void;
  close(): Promise<void>;
}
/** a stranger on the fleet's topics fills no ledger */
const REFUSALS_PER_MINUTE = 20;
const LOOK_MS = 1_000;
const stageOf = (artefact: string): number => Number(/^stage:([0-4])$/.exec(artefact)?.[1] ?? Number.NaN);

/** Makes a running node a cell of its fleet. Null: the centre's key cannot be read. */
export function openNodeFleet(parts: NodeFleetParts): NodeFleet {
  const { fleet, dataDir, own } = parts;
  const cellKey = cellKeyOf(dataDir);
  const fleetKey = ed25519Key(fleet.centreKey);
  if (fleetKey === null) throw new Error("fleet.centreKey is no Ed25519 public key");
  const end = new NodeEnd(parts);
  const link = openCellLink({
    access: fleet,
    base: fleet.base,
    fleet: fleet.name,
    cell: fleet.cell ?? own.deployment.cell,
    fleetKey,
    cellKey,
    caps: { ...STRUCTURAL_CAPS, itemsPerDay: fleet.ordersPerDay, total: fleet.ordersTotal },
    restored: readAgentState(dataDir),
    reportMs: fleet.reportMs,
    firstReport: firstReportOf(dataDir),
    end,
  });
  return {
    publicKey: rawKeyHex(publicOf(cellKey)),
    observe: (effect) => end.observe(effect),
    close: () => link.close(),
  };
}

class NodeEnd implements CellEnd {
  readonly #parts: NodeFleetParts;
  readonly #desk: ArtefactDesk;
  readonly #counter = createDecisionCounter();
  /** what runs; after an order was taken it counts from the next start on */
  #running: Readonly<Record<"head" | "rules", string>>;
  #starting = false;
  #lookedMs = 0;
  #kills = 0;
  readonly #refusals = new PerPeriod(60_000_000);

  constructor(parts: NodeFleetParts) {
    this.#parts = parts;
    this.#desk = createArtefactDesk(parts);
    this.#running = this.#active();
  }
  #active(): Record<"head" | "rules", string> {
    const store = this.#parts.openStore();
    return { head: store.active("head"), rules: store.active("rules") };
  }
  observe(effect: Effect): void {
    this.#counter.observe(effect);
  }
  holds(): Record<OrderSlot, string> {
    if (!this.#starting && Date.now() - this.#lookedMs >= LOOK_MS) {
      this.#lookedMs = Date.now();
      this.#running = this.#active();
    }
    const { head, rules } = this.#starting ? this.#afterStart() : this.#running;
    return { head, rules, stage: `stage:${this.#parts.status().gate.stage}` };
  }
  /** between taking something into use and the start that loads it */
  #afterStart(): Record<"head" | "rules", string> {
    const next = this.#active();
    const of = (slot: "head" | "rules"): string =>
      next[slot] === this.#running[slot] ? next[slot] : CHANGING;
    return { head: of("head"), rules: of("rules") };
  }
  get blocked(): boolean {
    return !this.#parts.status().may_move;
  }
  /** What is loaded at a start waits for a blocked cell, the next stage for the evidence of the present one. */
  waitsFor({ slot, artefact }: FleetOrder): Code | null {
    if (slot !== "stage") return this.blocked ? null : "ORDER_WAITS";
    const { gate } = this.#parts.status();
    const next = stageOf(artefact) === gate.stage + 1 && this.#mayEnter(gate.stage + 1);
    return next && gate.evidence?.["sufficient"] !== true ? "ORDER_WAITS_EVIDENCE" : null;
  }
  #mayEnter(stage: number): boolean {
    const { accepts, maxStage } = this.#parts.fleet;
    return accepts.includes("stage") && stage <= maxStage;
  }
  persist(state: Parameters<CellEnd["persist"]>[0]): void {
    writeAgentState(this.#parts.dataDir, state);
  }
  counts(): ReturnType<CellEnd["counts"]> {
    const taken = this.#counter.take();
    const latencyMs = this.#parts.status().gate.evidence?.["latencyP99Ms"];
    return { ...taken, ...(taken.decisions > 0 && typeof latencyMs === "number" && { latencyMs }) };
  }
  killed(reason: string): void {
    const { door, status } = this.#parts;
    if (this.#kills > 0 && status().causes.some((cause) => cause.code === "KILLED")) return;
    door.operator({
      act: { name: "kill" },
      by: operatorIdOf("fleet"),
      roles: ["kill"],
      requestId: `fleet-kill-${Date.now()}-${this.#kills++}`,
      reason,
    });
  }
  async carryOut(
    order: FleetOrder,
    bring: (artefact: string) => Promise<FleetBundle | null>,
  ): Promise<Trouble | null> {
    const { accepts } = this.#parts.fleet;
    if (order.do === "apply" && !accepts.includes(order.slot))
      return { code: "ORDER_NOT_ALLOWED", detail: `fleet.accepts does not list ${order.slot}` };
    if (order.slot === "stage") return this.#toStage(order);
    if (order.do === "rollback") {
      const back = this.#desk.rollback(order);
      if (!back.ok) return back.error;
      if (this.#running[order.slot] !== order.artefact) this.#startAnew(`back to ${order.artefact}`);
      return null;
    }
    const wrong = await this.#desk.apply(order, bring);
    if (wrong === null) this.#startAnew(`${order.slot} ${order.artefact.slice(0, 16)} is taken into use`);
    return wrong;
  }
  #startAnew(why: string): void {
    this.#starting = true;
    this.#parts.restart(why);
  }
  #toStage(order: FleetOrder): Trouble | null {
    const stage = stageOf(order.artefact);
    const now = this.#parts.status().gate.stage;
    if (!Number.isInteger(stage))
      return { code: "ORDER_APPLY_FAILED", detail: `no stage: ${order.artefact}` };
    // somebody here has gone back further: going back never leads up
    if (stage === now || (order.do === "rollback" && stage > now)) return null;
    if (stage > now && !this.#mayEnter(stage))
      return { code: "ORDER_NOT_ALLOWED", detail: `stage ${stage} lies beyond fleet.maxStage` };
    const by = operatorIdOf(`fleet:${order.plan}`);
    const reason = `${order.do} of rollout ${order.plan}, order ${order.seq}`;
    // the same door as a person's: it skips no stage and asks for the same evidence
    const outcome = this.#parts.door.switchStage({ stage, by, roles: ["configure"], reason });
    return outcome.accepted ? null : { code: outcome.code ?? "STAGE_REFUSED", detail: outcome.detail };
  }
  answered(code: Code, order: FleetOrder | null, detail: string): void {
    if (code === "ORDER_ACCEPTED") return;
    if (this.#refusals.count(this.#parts.now()) > REFUSALS_PER_MINUTE) return;
    const from = order === null ? "" : `rollout ${order.plan}, order ${order.seq}`;
    this.#parts.receipt({
      receipt_type: "fault",
      code,
      source: "fleet",
      detail: [from, detail].filter((s) => s !== "").join(": "),
      active: true,
    });
  }
}
