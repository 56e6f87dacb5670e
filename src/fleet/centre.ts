import type { KeyObject } from "node:crypto";
import type { MqttClient } from "mqtt";
import { type Code, FLEET_ORDER_LIFETIME_US } from "../core/domain/index.ts";
import {
  CHANGING,
  createRollout,
  type OrderSlot,
  type Rollout,
  type RolloutEffect,
  type RolloutEvent,
  type RolloutMemory,
  type RolloutPlan,
} from "../core/rollout/index.ts";
import type { BrokerAccess } from "./broker.ts";
import { PerPeriod } from "./per-period.ts";
import { failureOf, type FleetBundle, type FleetReport, open, seal } from "./sign.ts";
import { fleetTopics } from "./topics.ts";
import { type FleetNumbers, openVoice, type Voice } from "./voice.ts";

export interface CentreSetting {
  readonly access: BrokerAccess;
  readonly base: string;
  readonly fleet: string;
  readonly plan: RolloutPlan;
  readonly slot: OrderSlot;
  /** what cells need to carry out the order; null: the order says it all */
  readonly bundle: FleetBundle | null;
  readonly fleetKey: KeyObject;
  readonly cellKeys: ReadonlyMap<string, KeyObject>;
  readonly tickMs: number;
  /** what an earlier process of this plan knew */
  readonly memory: RolloutMemory | null;
  readonly numbers: FleetNumbers;
  /** durable before any order leaves that goes on; after those that stop or go back */
  keep(memory: RolloutMemory): void;
  receipt(effect: Extract<RolloutEffect, { kind: "receipt" }>): void;
  /** audits exactly this plan, now */
  audit(): { readonly passed: boolean; readonly hash: string };
}
/** What a cell said last. */
export interface HeardCell {
  readonly atMs: number;
  readonly holds: string;
  readonly killed: boolean;
  readonly blocked: boolean;
  readonly code: string;
  /** why it could not carry out an order of this rollout; stays when it has gone back */
  readonly trouble: string;
}
export interface Centre {
  readonly rollout: Rollout;
  readonly connected: boolean;
  readonly heard: ReadonlyMap<string, HeardCell>;
  /** why decisions cannot be written down; nobody is told to go on meanwhile. Null: they can */
  readonly unwritten: string | null;
  act(act: "start" | "advance" | "pause" | "abort" | "kill", by: string, reason: string): void;
  close(): Promise<void>;
}

/** counts that no decision hangs on may be this old after a crash */
const KEEP_EVERY_MS = 1_000;
/** before the first order every cell that is there has its say about what it holds */
const LISTEN_FIRST_MS = 3_000;
/** a cell reports at most every 50 ms, and after each order: what comes more often is not looked at */
const REPORTS_PER_SECOND = 60;
const NO_SLOT = "failed:nothing";

/**
 * Drives one rollout over MQTT. It begins only once it has heard the fleet's kill state, and takes a kill
 * from wherever it comes, as long as it is signed.
 */
export async function openCentre(setting: CentreSetting): Promise<Centre> {
  const voice = await openVoice(setting);
  const centre = new RunningCentre(setting, voice);
  await centre.begin();
  return centre;
}

class RunningCentre implements Centre {
  readonly rollout: Rollout;
  readonly heard = new Map<string, HeardCell>();
  readonly #setting: CentreSetting;
  readonly #voice: Voice;
  readonly #client: MqttClient;
  readonly #topics: ReturnType<typeof fleetTopics>;
  readonly #sessions = new Map<string, string>();
  /** number of the last order to each cell: a report from before it says nothing about it */
  readonly #sent = new Map<string, number>();
  /** number of the newest report of each cell: an older one that is played again says nothing */
  readonly #newest: Map<string, number>;
  readonly #reportsIn = new Map<string, PerPeriod>();
  #timer: NodeJS.Timeout | undefined;
  #last: number;
  #dirty = false;
  #keptMs = 0;
  /** why the newest decision does not stand on the disk */
  unwritten: string | null = null;

  constructor(setting: CentreSetting, voice: Voice) {
    this.#setting = setting;
    this.#voice = voice;
    this.#client = voice.client;
    this.#topics = fleetTopics(setting.base, setting.fleet);
    this.rollout = createRollout(setting.plan, setting.memory);
    this.#last = setting.memory?.now ?? 0;
    const { seats = [], keepers = {} } = setting.memory ?? {};
    this.#newest = new Map([...seats.map((s) => [s.name, s.lastSeq] as const), ...Object.entries(keepers)]);
  }
  get connected(): boolean {
    return this.#client.connected;
  }
  async begin(): Promise<void> {
    if (this.#voice.state.killed && this.rollout.state === "planned") {
      await this.#voice.close();
      throw new Error("the fleet's kill switch is on: release it first, with rollout kill --release");
    }
    this.#voice.onKilled = (reason) => this.#fleetKilled(reason);
    this.#voice.onOther = (by) => this.#step({ kind: "other centre", atUs: this.#now(), by });
    this.#client.on("message", (topic, payload) => this.#message(topic, payload));
    this.#client.on("connect", () => void this.#introduce());
    await this.#introduce();
    if (this.#voice.state.killed) this.#fleetKilled("the fleet's kill switch is on");
    if (this.rollout.state === "planned") await this.#listenFirst();
    this.#timer = setInterval(() => this.#tick(), this.#setting.tickMs);
  }
  /** What cells hold is known before the first of them is told to change. */
  async #listenFirst(): Promise<void> {
    const { cells, baselineCells } = this.#setting.plan;
    const all = [...cells, ...baselineCells];
    for (
      let ms = 0;
      ms < LISTEN_FIRST_MS && !all.every((name) => this.heard.has(name));
      ms += this.#setting.tickMs
    )
      await new Promise((done) => setTimeout(done, this.#setting.tickMs));
  }
  /** A broker that lost its store is given again what cells fetch from it. */
  async #introduce(): Promise<void> {
    const { bundle, fleetKey } = this.#setting;
    this.#client.subscribe(this.#topics.allReports, { qos: 0 });
    if (bundle === null) return;
    const topic = this.#topics.artefact(bundle.artefact);
    // a connection that breaks meanwhile comes back, and with it this
    await this.#client
      .publishAsync(topic, seal(bundle, fleetKey), { qos: 1, retain: true })
      .catch(() => undefined);
  }
  act(act: Extract<RolloutEvent, { kind: "person" }>["act"], by: string, reason: string): void {
    this.#step({ kind: "person", atUs: this.#now(), by, act, reason });
  }
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#keep();
    await this.#voice.close();
  }

  #now(): number {
    return (this.#last = Math.max(this.#last, Date.now() * 1_000));
  }
  /** Somebody with the fleet's key has pulled the switch, here or elsewhere. */
  #fleetKilled(reason: string): void {
    if (this.rollout.state === "planned" || this.rollout.state === "killed") return;
    this.act("kill", "fleet", reason);
  }
  #tick(): void {
    this.#step({ kind: "tick", atUs: this.#now() });
    if (!this.#dirty || Date.now() - this.#keptMs < KEEP_EVERY_MS) return;
    this.#keep();
  }
  #keep(): void {
    this.#keptMs = Date.now();
    this.#written(() => this.#setting.keep(this.rollout.memory));
    this.#dirty = this.unwritten !== null;
  }
  /** A full disk ends no centre: it still takes back and kills, and tells nobody to go on. */
  #written(write: () => void): void {
    try {
      write();
      this.unwritten = null;
    } catch (cause) {
      this.unwritten = (cause as Error).message;
    }
  }
  /** Stops and ways back leave first; then it is written; what goes on leaves last. */
  #step(event: RolloutEvent): void {
    const effects = this.rollout.step(event);
    this.#dirty = true;
    const orders = effects.filter((e) => e.kind === "order");
    for (const effect of effects) if (effect.kind === "kill") void this.#voice.kill(effect.reason);
    for (const order of orders) if (order.do === "rollback") this.#order(order);
    for (const effect of effects)
      if (effect.kind === "receipt") this.#written(() => this.#setting.receipt(effect));
    const receipts = this.unwritten;
    if (effects.length > 0) this.#keep();
    // what does not leave is told again once it can be written
    if (receipts === null && this.unwritten === null)
      for (const order of orders) if (order.do === "apply") this.#order(order);
    if (effects.some((e) => e.kind === "audit"))
      this.#step({ kind: "audit", atUs: this.#now(), ...this.#setting.audit() });
  }
  #order({ cell, do: what, artefact }: Extract<RolloutEffect, { kind: "order" }>): void {
    const { fleet, plan, slot, fleetKey } = this.#setting;
    const issuedUs = Date.now() * 1_000;
    const expiresUs = issuedUs + FLEET_ORDER_LIFETIME_US;
    const seq = this.#voice.nextSeq();
    this.#sent.set(cell, seq);
    const text = seal(
      {
        format: "cellgate-order-1",
        fleet,
        plan: plan.id,
        seq,
        issuedUs,
        expiresUs,
        targets: [cell],
        do: what,
        slot,
        artefact,
        from: what === "apply" ? plan.previous : plan.artefact,
        generation: plan.generation,
      },
      fleetKey,
    );
    const messageExpiryInterval = FLEET_ORDER_LIFETIME_US / 1_000_000;
    this.#client.publish(this.#topics.orders(cell), text, { qos: 1, properties: { messageExpiryInterval } });
  }
  #message(topic: string, payload: Buffer): void {
    const { cellKeys, fleet } = this.#setting;
    const name = topic.slice(this.#topics.reports("").length);
    if (topic !== this.#topics.reports(name) || !cellKeys.has(name)) return;
    if (this.#floods(name)) return this.#refuse(name, "REPORT_FLOOD");
    const opened = open(payload, (body) =>
      body.format === "cellgate-report-1" && body.cell === name ? cellKeys.get(name)! : null,
    );
    if (!opened.ok)
      return this.#refuse(name, opened.code === "ORDER_SIGNATURE" ? "REPORT_SIGNATURE" : "REPORT_MALFORMED");
    if (opened.body.format === "cellgate-report-1" && opened.body.fleet === fleet) this.#report(opened.body);
  }
  #floods(name: string): boolean {
    const reports = this.#reportsIn.get(name) ?? new PerPeriod(1_000);
    this.#reportsIn.set(name, reports);
    return reports.count(Date.now()) > REPORTS_PER_SECOND;
  }
  /** It proves nothing, and a person should know why nothing is heard of this cell. */
  #refuse(name: string, code: Code): void {
    const before = this.heard.get(name);
    const nothing = { holds: "", killed: false, blocked: false, trouble: "" };
    this.heard.set(name, { ...nothing, ...before, atMs: before?.atMs ?? Date.now(), code });
  }
  /** What failed in an earlier rollout says nothing about this one: its order has not been answered. */
  #meaningOf(own: string): string {
    if (!own.startsWith("failed:")) return own;
    const ours = [failureOf(this.#setting.plan.artefact), NO_SLOT];
    return ours.includes(own) ? "failed" : CHANGING;
  }
  #report({ cell, session, seq, holds: all, latencyMs, ...body }: FleetReport): void {
    if (seq <= (this.#newest.get(cell) ?? -1)) return;
    this.#newest.set(cell, seq);
    const own = all[this.#setting.slot] ?? NO_SLOT;
    const early = body.order < (this.#sent.get(cell) ?? -1);
    const holds = early ? CHANGING : this.#meaningOf(own);
    const { killed, blocked, code } = body;
    const trouble = holds === "failed" ? `${code}: ${body.detail}` : (this.heard.get(cell)?.trouble ?? "");
    this.heard.set(cell, { atMs: Date.now(), holds: own, killed, blocked, code, trouble });
    if (this.#sessions.get(cell) !== session) {
      this.#sessions.set(cell, session);
      this.#step({ kind: "online", atUs: this.#now(), cell, holds });
    }
    const { decisions } = body;
    const failures = Math.min(body.failures, decisions);
    const latency = latencyMs === undefined ? {} : { latencyMs };
    this.#step({ kind: "report", atUs: this.#now(), cell, seq, holds, decisions, failures, ...latency });
  }
}
