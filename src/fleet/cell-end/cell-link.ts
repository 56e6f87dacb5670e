import { cut } from "../../core/base/text.ts";
import { randomUUID, type KeyObject } from "node:crypto";
import type { MqttClient } from "mqtt";
import { type Code, FLEET_BUNDLE_BYTES_MAX } from "../../core/domain/index.ts";
import {
  type AgentAnswer,
  type AgentState,
  type Caps,
  type CellAgent,
  CHANGING,
  createCellAgent,
  type FleetOrder,
  type KillState,
  type OrderSlot,
} from "../../core/rollout/index.ts";
import { type BrokerAccess, connectFleet } from "../broker.ts";
import { PerPeriod } from "../per-period.ts";
import { failureOf, type FleetBundle, type FleetMessage, open, seal } from "../sign.ts";
import { fleetTopics } from "../topics.ts";

/** What the link asks of the cell that it speaks for. */
export interface CellEnd {
  /** what the running cell has, by slot */
  holds(): Readonly<Partial<Record<OrderSlot, string>>>;
  /**
   * Carries an order out, verified; null: done. `bring` fetches the artefact. A code: it failed, and the
   * cell has what it had.
   */
  carryOut(
    order: FleetOrder,
    bring: (artefact: string) => Promise<FleetBundle | null>,
  ): Promise<{ readonly code: Code; readonly detail: string } | null>;
  /** why an order that goes on is not for now; null: it is. Waiting is neither taking nor failing */
  waitsFor(order: FleetOrder): Code | null;
  /** the kill switch is on: block, and stay blocked until a person clears it; said again while it is on */
  killed(reason: string): void;
  /** what must survive a restart; called before an order is carried out */
  persist(state: AgentState): void;
  /** counts since the last call */
  counts(): { decisions: number; failures: number; latencyMs?: number };
  readonly blocked: boolean;
  /** for receipts: an order that was carried out or refused */
  answered(code: Code, order: FleetOrder | null, detail: string): void;
}
export interface CellLinkSetting {
  readonly access: BrokerAccess;
  readonly base: string;
  readonly fleet: string;
  readonly cell: string;
  readonly fleetKey: KeyObject;
  readonly cellKey: KeyObject;
  readonly caps: Caps;
  readonly restored: AgentState;
  readonly reportMs: number;
  /** above the number of every report that this cell has made before */
  readonly firstReport?: number;
  readonly end: CellEnd;
}
export interface CellLink {
  readonly agent: CellAgent;
  reportNow(): void;
  close(): Promise<void>;
}
const BRING_TIMEOUT_MS = 15_000;
/** a centre says an order again after seconds, and never so often */
const ORDERS_PER_SECOND = 50;
/** so many connections in a row that ended so soon */
const SHORT_ONES = 3;
const SHORT_MS = 5_000;

export const openCellLink = (setting: CellLinkSetting): CellLink => new Link(setting);

class Link implements CellLink {
  readonly agent: CellAgent;
  readonly #setting: CellLinkSetting;
  readonly #topics: ReturnType<typeof fleetTopics>;
  readonly #client: MqttClient;
  readonly #timer: NodeJS.Timeout;
  readonly #waiting = new Map<string, (bundle: FleetBundle | null) => void>();
  readonly #failed = new Map<OrderSlot, string>();
  #session = randomUUID();
  #seq: number;
  #lastCode: Code | "" = "";
  #trouble = "";
  #newest: FleetOrder | null = null;
  #carrying: FleetOrder | null = null;
  #busy = false;
  /** what must survive a restart does not yet stand on the disk */
  #unkept = false;
  /** the connection has broken since the order that is carried out was begun */
  #cutOff = false;
  #reason = "";
  readonly #ordersIn = new PerPeriod(1_000);
  #connectedMs = 0;
  #shortOnes = 0;
  #closed = false;

  constructor(setting: CellLinkSetting) {
    const { cell, fleet, caps, restored, base } = setting;
    this.#setting = setting;
    this.#seq = setting.firstReport ?? Date.now();
    this.#topics = fleetTopics(base, fleet);
    this.agent = createCellAgent({ cell, fleet, caps }, restored);
    this.#client = connectFleet(setting.access, `cellgate-fleet-${fleet}-${cell}`);
    this.#client.on("message", (topic, payload) => this.#heard(topic, payload));
    this.#client.on("connect", () => this.#connected());
    this.#client.on("close", () => {
      this.agent.disconnected();
      this.#cutOff = true;
      this.#countShort();
    });
    this.#timer = setInterval(() => this.#beat(), setting.reportMs);
    const { tripped } = restored.guard;
    if (tripped === "FLEET_STATE_UNREADABLE") setting.end.answered(tripped, null, "fleet/agent.json");
    this.#reason =
      tripped === "FLEET_STATE_UNREADABLE"
        ? "what this cell knew of its fleet cannot be read"
        : "the fleet was killed before this start";
    if (restored.killed) setting.end.killed(this.#reason);
  }
  /** Two clients with one name push each other out without end; not every broker says so. */
  #countShort(): void {
    if (this.#connectedMs === 0) return;
    this.#shortOnes = Date.now() - this.#connectedMs < SHORT_MS ? this.#shortOnes + 1 : 0;
    this.#connectedMs = 0;
    if (this.#shortOnes === SHORT_ONES)
      this.#setting.end.answered("FLEET_NAME_TAKEN", null, this.#setting.cell);
  }
  #connected(): void {
    this.#connectedMs = Date.now();
    this.#session = randomUUID();
    this.#client.subscribe([this.#topics.kill, this.#topics.orders(this.#setting.cell)], { qos: 1 }, () =>
      this.reportNow(),
    );
  }
  #beat(): void {
    if (this.agent.state.killed) this.#setting.end.killed(this.#reason);
    if (this.#unkept) this.#keep();
    this.reportNow();
  }
  /** False: it could not be written. A full disk ends neither the node nor its kill switch. */
  #keep(): boolean {
    try {
      this.#setting.end.persist(this.agent.state);
      this.#unkept = false;
    } catch {
      this.#unkept = true;
    }
    return !this.#unkept;
  }
  reportNow(): void {
    const { end, fleet, cell, cellKey } = this.#setting;
    if (!this.#client.connected || this.#closed) return;
    const body = {
      format: "cellgate-report-1",
      fleet,
      cell,
      session: this.#session,
      seq: ++this.#seq,
      holds: { ...end.holds(), ...Object.fromEntries(this.#failed), ...this.#underWay() },
      order: this.agent.state.answeredSeq,
      ...end.counts(),
      killed: this.agent.state.killed,
      blocked: end.blocked,
      // a cap that has tripped is what a person has to know, whatever came after it
      code: this.agent.state.guard.tripped ?? this.#lastCode,
      detail: this.#trouble,
    } as const;
    this.#client.publish(this.#topics.reports(cell), seal(body, cellKey), { qos: 0 });
  }
  /** what it holds while an order is carried out is neither the old nor the new */
  #underWay(): Partial<Record<OrderSlot, string>> {
    return this.#carrying === null ? {} : { [this.#carrying.slot]: CHANGING };
  }
  #heard(topic: string, payload: Buffer): void {
    if (this.#closed) return;
    const { orders, kill } = this.#topics;
    const isOrder = topic === orders(this.#setting.cell);
    if (isOrder && this.#floods()) return;
    // only an artefact may be large
    const most = isOrder || topic === kill ? undefined : FLEET_BUNDLE_BYTES_MAX;
    const opened = open(payload, () => this.#setting.fleetKey, most);
    if (opened.ok) this.#understood(opened.body);
    else this.#setting.end.answered(opened.code, null, "");
  }
  /** Checking signatures must not keep the thread from stopping the robot. A kill is always looked at. */
  #floods(): boolean {
    const count = this.#ordersIn.count(Date.now());
    if (count === ORDERS_PER_SECOND + 1) this.#setting.end.answered("ORDER_FLOOD", null, "");
    return count > ORDERS_PER_SECOND;
  }
  #understood(body: FleetMessage): void {
    if (body.format === "cellgate-kill-1") this.#onKill(body);
    else if (body.format === "cellgate-order-1") this.#onOrder(body);
    else if (body.format === "cellgate-bundle-1" && body.fleet === this.#setting.fleet)
      this.#waiting.get(body.artefact)?.(body);
  }
  /** Stops first, writes second. */
  #onKill(body: KillState): void {
    this.agent.kill(body);
    const { killed } = this.agent.state;
    this.#reason = body.reason;
    if (killed) this.#setting.end.killed(body.reason);
    this.#keep();
    // signing takes longer than stopping: it waits until every message of this turn has been heard
    setImmediate(() => this.reportNow());
  }
  #onOrder(order: FleetOrder): void {
    const { end } = this.#setting;
    const holds = this.#willHold(order);
    // going back may stop a cell that moves; going on may not. Waiting uses up neither number nor cap.
    const waits = order.do === "apply" && order.artefact !== holds ? end.waitsFor(order) : null;
    if (waits !== null) {
      this.#lastCode = waits;
      return this.reportNow();
    }
    const before = this.agent.state;
    const answer = this.#noted(this.agent.order(order, Date.now() * 1_000, holds, this.#has(order)));
    this.#lastCode = answer.code;
    if (answer.act !== "none") {
      this.#newest = order;
      void this.#work();
      return;
    }
    // an old order that the broker brings again answers nothing
    if (this.agent.state.lastSeq !== before.lastSeq) this.#settle();
    // a repetition by the broker is no news, and a cap that has tripped is said once
    const news = !["ORDER_ALREADY", "ORDER_REPLAYED"].includes(answer.code) && before.guard.tripped === null;
    if (news) end.answered(answer.code, order, "");
    this.reportNow();
  }
  /** An order that goes on and cannot be noted is not carried out: after a crash it would be taken twice. */
  #noted(answer: AgentAnswer): AgentAnswer {
    if (answer.code === "ORDER_ALREADY") return answer;
    const kept = this.#keep();
    return kept || answer.act !== "apply" ? answer : { act: "none", code: "ORDER_NOT_KEPT" };
  }
  /** what the cell has now; not known while it changes */
  #has({ slot }: FleetOrder): string | undefined {
    const now = this.#busy ? undefined : this.#setting.end.holds()[slot];
    return now === CHANGING ? undefined : now;
  }
  /** While an order is carried out nothing counts as done already, but the same one said again is no second one. */
  #willHold({ slot, do: what, artefact }: FleetOrder): string | undefined {
    if (!this.#busy) return { ...this.#setting.end.holds(), ...Object.fromEntries(this.#failed) }[slot];
    const last = this.#newest ?? this.#carrying;
    return last?.slot === slot && last.do === what && last.artefact === artefact ? artefact : undefined;
  }
  /** One order at a time; of those that came meanwhile only the newest counts. */
  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let order = this.#newest; order !== null && !this.#closed; order = this.#newest) {
      this.#newest = null;
      this.#carrying = order;
      await this.#carryOut(order);
      this.#carrying = null;
      this.#busy = this.#newest !== null;
      this.#settle();
      this.reportNow();
    }
    this.#busy = false;
  }
  /** An order that a crash cut short stays open until it is said again: the centre must not take it for answered. */
  #settle(): void {
    if (!this.#busy && this.agent.settled()) this.#keep();
  }
  async #carryOut(order: FleetOrder): Promise<void> {
    const { end } = this.#setting;
    this.#cutOff = false;
    const trouble = await end
      .carryOut(order, (artefact) => this.#bring(artefact))
      .catch((cause: Error) => ({ code: "ORDER_APPLY_FAILED" as Code, detail: cause.message }));
    this.#lastCode = trouble?.code ?? "ORDER_ACCEPTED";
    this.#trouble = cut(trouble?.detail ?? "", 150);
    // what did not come over a broken connection says nothing about the artefact: it is asked for again
    if (trouble !== null && order.do === "apply" && !this.#cutOff)
      this.#failed.set(order.slot, failureOf(order.artefact));
    else this.#failed.delete(order.slot);
    end.answered(this.#lastCode, order, trouble?.detail ?? "");
  }
  async #bring(artefact: string): Promise<FleetBundle | null> {
    const topic = this.#topics.artefact(artefact);
    const { promise, resolve } = Promise.withResolvers<FleetBundle | null>();
    const timer = setTimeout(() => resolve(null), BRING_TIMEOUT_MS);
    this.#waiting.set(artefact, resolve);
    this.#client.subscribe(topic, { qos: 1 });
    const bundle = await promise;
    clearTimeout(timer);
    this.#waiting.delete(artefact);
    this.#client.unsubscribe(topic);
    // a kill that came meanwhile counts
    return this.agent.state.killed ? null : bundle;
  }
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const tell of this.#waiting.values()) tell(null);
    await this.#client.endAsync(true);
  }
}
