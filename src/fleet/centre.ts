import type { KeyObject } from "node:crypto";
import { connect, type MqttClient } from "mqtt";
import { FLEET_ORDER_LIFETIME_US } from "../domain/index.ts";
import {
  createRollout,
  type Rollout,
  type RolloutEffect,
  type RolloutEvent,
  type RolloutPlan,
} from "../rollout/index.ts";
import { open, seal } from "./sign.ts";
import { fleetTopics } from "./topics.ts";

export interface CentreSetting {
  readonly url: string;
  readonly base: string;
  readonly fleet: string;
  readonly plan: RolloutPlan;
  readonly fleetKey: KeyObject;
  readonly cellKeys: ReadonlyMap<string, KeyObject>;
  /** one above the last kill state of this fleet */
  readonly killEpoch: number;
  readonly tickMs: number;
  /** events of an earlier run of the same plan: the centre goes on where it was */
  readonly log?: readonly RolloutEvent[];
  record(event: RolloutEvent): void;
  observe(effect: RolloutEffect): void;
}
export interface Centre {
  readonly rollout: Rollout;
  act(act: "start" | "advance" | "pause" | "abort" | "kill", by: string, reason: string): void;
  close(): Promise<void>;
}

/** Drives one rollout over MQTT. It holds no truth of its own: its log of events makes it again. */
export async function openCentre(setting: CentreSetting): Promise<Centre> {
  const { plan, fleet } = setting;
  const topics = fleetTopics(setting.base, fleet);
  const rollout = createRollout(plan);
  let last = 0;
  for (const event of setting.log ?? []) {
    rollout.step(event);
    last = event.atUs;
  }
  let seq = Date.now() * 1_000;
  const away = new Set<string>();
  const client: MqttClient = connect(setting.url, { protocolVersion: 5, clean: true, reconnectPeriod: 500 });
  const say = (topic: string, body: Parameters<typeof seal>[0], retain: boolean): void =>
    void client.publish(topic, seal(body, setting.fleetKey), { qos: 1, retain });
  const killState = (killed: boolean, reason: string, epoch: number): void =>
    say(
      topics.kill,
      { format: "cellgate-kill-1", fleet, epoch, killed, reason, issuedUs: Date.now() * 1_000 },
      true,
    );
  const carry = (effect: RolloutEffect): void => {
    if (effect.kind === "kill") killState(true, effect.reason, setting.killEpoch + 1);
    if (effect.kind === "order") {
      const issuedUs = Date.now() * 1_000;
      const expiresUs = issuedUs + FLEET_ORDER_LIFETIME_US;
      say(
        topics.orders(effect.cell),
        {
          format: "cellgate-order-1",
          fleet,
          plan: plan.id,
          seq: ++seq,
          issuedUs,
          expiresUs,
          targets: [effect.cell],
          do: effect.do,
          artefact: effect.artefact,
        },
        false,
      );
    }
    setting.observe(effect);
  };
  const step = (event: RolloutEvent): void => {
    setting.record(event);
    for (const effect of rollout.step(event)) carry(effect);
  };
  const now = (): number => (last = Math.max(last, Date.now() * 1_000));
  client.on("message", (_topic, payload) => {
    const opened = open(payload, (body) =>
      body.format === "cellgate-report-1" ? (setting.cellKeys.get(body.cell) ?? null) : null,
    );
    if (!opened.ok || opened.body.format !== "cellgate-report-1" || opened.body.fleet !== fleet) return;
    const { cell, seq: number, holds, decisions, failures } = opened.body;
    const told = holds.startsWith("failed:") ? "failed" : holds;
    if (away.delete(cell)) step({ kind: "online", atUs: now(), cell, holds: told });
    step({
      kind: "report",
      atUs: now(),
      cell,
      seq: number,
      holds: told,
      decisions,
      failures: Math.min(failures, decisions),
    });
  });
  client.on("close", () => {
    for (const cell of plan.cells) away.add(cell);
  });
  client.on("error", () => undefined);
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  await client.subscribeAsync(topics.allReports, { qos: 0 });
  client.on("connect", () => void client.subscribe(topics.allReports));
  if (rollout.state !== "killed") killState(false, "", setting.killEpoch);
  const timer = setInterval(() => step({ kind: "tick", atUs: now() }), setting.tickMs);
  return {
    rollout,
    act: (act, by, reason) => step({ kind: "person", atUs: now(), by, act, reason }),
    async close() {
      clearInterval(timer);
      await client.endAsync();
    },
  };
}
