import { type Code, FLEET_ORDER_LIFETIME_US } from "../domain/index.ts";
import { type Caps, createCapGuard, FRESH_GUARD, type GuardMemory, STRUCTURAL_CAPS } from "./caps.ts";

/** What an order may change in a cell. */
export const ORDER_SLOTS = ["head", "rules", "stage"] as const;
export type OrderSlot = (typeof ORDER_SLOTS)[number];

/** What a centre says to cells. The signature is over the canonical text of exactly these members. */
export interface FleetOrder {
  readonly format: "cellgate-order-1";
  readonly fleet: string;
  readonly plan: string;
  /** one counter for the whole fleet: a later order has a higher number */
  readonly seq: number;
  readonly issuedUs: number;
  readonly expiresUs: number;
  /** the cells it is for; never empty, never a wildcard */
  readonly targets: readonly string[];
  readonly do: "apply" | "rollback";
  readonly slot: OrderSlot;
  readonly artefact: string;
  /** what the cell is meant to hold before; a cell that holds something else does not carry it out */
  readonly from: string;
  /** 1: a person started the rollout */
  readonly generation: number;
}
/** The retained state that every cell must know before it acts. `epoch` only grows. */
export interface KillState {
  readonly format: "cellgate-kill-1";
  readonly fleet: string;
  readonly epoch: number;
  readonly killed: boolean;
  readonly reason: string;
  readonly issuedUs: number;
}

export interface AgentState {
  /** the fleet that these numbers belong to; empty: not noted */
  readonly fleet: string;
  readonly lastSeq: number;
  /** the last order that was refused or carried out; behind `lastSeq` while one is, and after it was cut short */
  readonly answeredSeq: number;
  readonly killEpoch: number;
  readonly killed: boolean;
  readonly guard: GuardMemory;
}
export const FRESH_AGENT: AgentState = {
  fleet: "",
  lastSeq: -1,
  answeredSeq: -1,
  killEpoch: -1,
  killed: false,
  guard: FRESH_GUARD,
};
export type AgentAnswer =
  | {
      readonly act: "apply" | "rollback";
      readonly artefact: string;
      readonly code: "ORDER_ACCEPTED";
    }
  | { readonly act: "none"; readonly code: Code };

/**
 * The cell's side, alone with its own rules: no centre can raise its caps, and none needs to be reachable
 * for them to hold. Signatures are checked by the caller before anything gets here.
 */
export interface CellAgent {
  /** what must survive a restart; written before the order is carried out */
  readonly state: AgentState;
  /** false: connected, but the kill state has not been heard yet */
  readonly informed: boolean;
  /**
   * `holds`: what the cell will have in this slot once what it does now is done; an order for that changes
   * nothing and uses up no cap. `has`: what it has now; absent: it is changing.
   */
  order(order: FleetOrder, nowUs: number, holds?: string, has?: string): AgentAnswer;
  /** Nothing is being carried out (any more). True: an order that was open has its answer now. */
  settled(): boolean;
  /** true: the kill state changed */
  kill(state: KillState): boolean;
  /** the connection is gone: what was known of the kill state is old */
  disconnected(): void;
}

export function createCellAgent(
  setting: { readonly cell: string; readonly fleet: string; readonly caps?: Caps },
  restored: AgentState = FRESH_AGENT,
): CellAgent {
  const caps = setting.caps ?? STRUCTURAL_CAPS;
  const guard = createCapGuard(caps, 1, restored.guard);
  // another fleet has other numbers; a kill and used-up caps are not left behind by moving
  const own = restored.fleet === "" || restored.fleet === setting.fleet;
  let { lastSeq, answeredSeq, killEpoch } = own ? restored : FRESH_AGENT;
  let { killed } = restored;
  let informed = false;
  const refuse = (code: Code): AgentAnswer => ({ act: "none", code });
  const judge = (order: FleetOrder, nowUs: number): Code | null => {
    if (order.fleet !== setting.fleet || !order.targets.includes(setting.cell)) return "ORDER_NOT_FOR_US";
    if (order.seq <= lastSeq) return "ORDER_REPLAYED";
    const lifetime = order.expiresUs - order.issuedUs;
    // going back is always allowed, also with a clock that is wrong; going on needs a known, open kill switch
    if (order.do === "rollback") return null;
    if (nowUs >= order.expiresUs || !(lifetime > 0 && lifetime <= FLEET_ORDER_LIFETIME_US))
      return "ORDER_EXPIRED";
    if (order.issuedUs - nowUs > FLEET_ORDER_LIFETIME_US) return "ORDER_AHEAD";
    if (killed) return "ROLLOUT_KILLED";
    if (!(order.generation >= 1 && order.generation <= caps.generations)) return "CAP_GENERATIONS";
    return informed ? null : "ORDER_KILL_UNKNOWN";
  };
  return {
    get state() {
      return { fleet: setting.fleet, lastSeq, answeredSeq, killEpoch, killed, guard: guard.memory };
    },
    get informed() {
      return informed;
    },
    order(order, nowUs, holds, has) {
      const code = judge(order, nowUs);
      if (code !== null) return refuse(code);
      lastSeq = order.seq;
      if (order.artefact === holds) return refuse("ORDER_ALREADY");
      if (has !== undefined && has !== order.artefact && has !== order.from)
        return refuse("ORDER_STATE_DIFFERS");
      if (order.do === "apply") {
        guard.beginRun();
        if (!guard.admit(nowUs)) return refuse(guard.tripped ?? "CAP_TOTAL");
      }
      return { act: order.do, artefact: order.artefact, code: "ORDER_ACCEPTED" };
    },
    settled() {
      const changed = answeredSeq !== lastSeq;
      answeredSeq = lastSeq;
      return changed;
    },
    kill(state) {
      if (state.fleet !== setting.fleet || state.epoch < killEpoch) return false;
      informed = true;
      // two states of one epoch contradict each other: the safe one holds
      const next = state.epoch === killEpoch ? killed || state.killed : state.killed;
      const changed = killed !== next;
      killEpoch = state.epoch;
      killed = next;
      return changed;
    },
    disconnected() {
      informed = false;
    },
  };
}
