import { createPublicKey, type KeyObject, randomUUID } from "node:crypto";
import type { MqttClient } from "mqtt";
import { type BrokerAccess, connectFleet } from "./broker.ts";
import type { FleetOrder } from "../core/rollout/index.ts";
import { open, seal } from "./sign.ts";
import { fleetTopics } from "./topics.ts";

/** What the fleet's key has signed so far: kept on disk, so that neither number ever goes back. */
export interface FleetNumbers {
  read(): FleetState;
  write(state: FleetState): void;
}
export interface FleetState {
  readonly epoch: number;
  readonly killed: boolean;
  readonly seq: number;
}
export interface VoiceSetting {
  readonly access: BrokerAccess;
  readonly base: string;
  readonly fleet: string;
  readonly fleetKey: KeyObject;
  readonly numbers: FleetNumbers;
  /** the numbers could not be written */
  readonly unwritten?: (why: string) => void;
}
/** Speaks with the fleet's key. */
export interface Voice {
  readonly client: MqttClient;
  readonly state: FleetState;
  onKilled: (reason: string) => void;
  /** somebody else gives orders with the fleet's key, now */
  onOther: (plan: string) => void;
  nextSeq(): number;
  /** signs the retained kill state; resolves when the broker has it */
  kill(reason: string): Promise<void>;
  release(reason: string): Promise<void>;
  close(): Promise<void>;
}
const OPEN_TIMEOUT_MS = 15_000;
/** numbers are written ahead, so that an order never waits for the disk */
const SEQ_BLOCK = 1_000;
const REPAIR_EVERY_MS = 1_000;

/**
 * Opens only after the stored kill state was heard: a centre that began earlier could lift a kill that it
 * does not know of. A broker that has forgotten the state is told it again.
 */
export async function openVoice(setting: VoiceSetting): Promise<Voice> {
  const voice = new FleetVoice(setting);
  try {
    await voice.listen();
  } catch (cause) {
    await voice.close();
    throw cause;
  }
  return voice;
}

class FleetVoice implements Voice {
  readonly client: MqttClient;
  state: FleetState;
  onKilled: (reason: string) => void = () => {};
  onOther: (plan: string) => void = () => {};
  readonly #setting: VoiceSetting;
  readonly #topics: ReturnType<typeof fleetTopics>;
  readonly #publicKey: KeyObject;
  readonly #probe: string;
  #seq: number;
  #stored = -1;
  #told: (() => void) | null = null;
  readonly #openedUs = Date.now() * 1_000;
  #repairedMs = 0;

  constructor(setting: VoiceSetting) {
    this.#setting = setting;
    this.#topics = fleetTopics(setting.base, setting.fleet);
    this.#publicKey = createPublicKey(setting.fleetKey);
    this.state = setting.numbers.read();
    this.#seq = Math.max(this.state.seq, Date.now() * 1_000);
    const id = randomUUID();
    this.#probe = this.#topics.probe(id);
    this.client = connectFleet(setting.access, `cellgate-centre-${id}`);
  }
  listen(): Promise<void> {
    const { url } = this.#setting.access;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new Error(`no answer from the broker at ${url} within ${OPEN_TIMEOUT_MS / 1_000} s`)),
      OPEN_TIMEOUT_MS,
    );
    this.#told = () => {
      clearTimeout(timer);
      resolve();
    };
    this.client.on("message", (topic, payload) => this.#heard(topic, payload));
    this.client.on("connect", () => this.#connected());
    return promise;
  }
  nextSeq(): number {
    if (++this.#seq >= this.state.seq) this.#write({ seq: this.#seq + SEQ_BLOCK });
    return this.#seq;
  }
  kill(reason: string): Promise<void> {
    return this.#say(true, reason);
  }
  release(reason: string): Promise<void> {
    return this.#say(false, reason);
  }
  async close(): Promise<void> {
    await this.client.endAsync(!this.client.connected);
  }

  /** The broker hands out what it has stored before it hands on what is sent later: the probe comes last. */
  #connected(): void {
    this.#stored = -1;
    // orders that went out here do not come back
    const others = { [this.#topics.orders("+")]: { qos: 1, nl: true } } as const;
    const own = { [this.#topics.kill]: { qos: 1 }, [this.#probe]: { qos: 1 } } as const;
    this.client.subscribe({ ...own, ...others }, () => {
      this.client.publish(this.#probe, "", { qos: 1 });
    });
  }
  #heard(topic: string, payload: Buffer): void {
    if (topic === this.#probe) return this.#knows();
    const isOrder = topic.startsWith(this.#topics.orders(""));
    if (topic !== this.#topics.kill && !isOrder) return;
    const opened = open(payload, () => this.#publicKey);
    const body = opened.ok && opened.body.fleet === this.#setting.fleet ? opened.body : null;
    if (isOrder) return body?.format === "cellgate-order-1" ? this.#order(body) : undefined;
    if (body?.format !== "cellgate-kill-1") return this.#repair();
    const { epoch, killed, reason } = body;
    this.#stored = Math.max(this.#stored, epoch);
    if (epoch < this.state.epoch) return;
    // two states of one epoch contradict each other: the safe one holds
    const next = epoch === this.state.epoch ? killed || this.state.killed : killed;
    const news = next && !this.state.killed;
    if (epoch !== this.state.epoch || next !== this.state.killed) this.#write({ epoch, killed: next });
    if (news) this.onKilled(reason);
  }
  /** Two centres of one fleet would take each other's cells back and forth. An old order that is played again is no centre. */
  #order({ issuedUs, plan }: FleetOrder): void {
    if (issuedUs >= this.#openedUs) this.onOther(plan);
  }
  /** Somebody has emptied or overwritten what the broker keeps: cells that come back would wait for it. */
  #repair(): void {
    if (Date.now() - this.#repairedMs < REPAIR_EVERY_MS) return;
    this.#repairedMs = Date.now();
    void this.#publish("somebody had overwritten it").catch(() => undefined);
  }
  #knows(): void {
    if (this.#stored < this.state.epoch)
      void this.#publish("the broker had forgotten it").catch(() => undefined);
    this.#told?.();
    this.#told = null;
  }
  /** Leaves first, is written second. The epoch follows the clock, so that it grows even when a disk was lost. */
  async #say(killed: boolean, reason: string): Promise<void> {
    this.state = { ...this.state, epoch: Math.max(this.state.epoch + 1, Date.now()), killed };
    const sent = this.#publish(reason);
    this.#write({});
    await sent;
  }
  async #publish(reason: string): Promise<void> {
    const { fleet, fleetKey } = this.#setting;
    const { epoch, killed } = this.state;
    const issuedUs = Date.now() * 1_000;
    const body = { format: "cellgate-kill-1", fleet, epoch, killed, reason, issuedUs } as const;
    await this.client.publishAsync(this.#topics.kill, seal(body, fleetKey), { qos: 1, retain: true });
  }
  /** Both numbers follow the clock as well, and the broker keeps the kill state: a full disk must not stop a kill. */
  #write(change: Partial<FleetState>): void {
    this.state = { ...this.state, ...change };
    try {
      this.#setting.numbers.write(this.state);
    } catch (cause) {
      this.#setting.unwritten?.((cause as Error).message);
    }
  }
}
