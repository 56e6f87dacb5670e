import type { KeyObject } from "node:crypto";
import { connect, type MqttClient } from "mqtt";
import type { Code } from "../domain/index.ts";
import { type AgentState, type CellAgent, createCellAgent, type KillState } from "../rollout/index.ts";
import { type FleetMessage, open, seal } from "./sign.ts";
import { fleetTopics } from "./topics.ts";

export interface CellLinkSetting {
  readonly url: string;
  readonly base: string;
  readonly fleet: string;
  readonly cell: string;
  readonly fleetKey: KeyObject;
  readonly cellKey: KeyObject;
  readonly restored?: AgentState;
  readonly holds: string;
  readonly reportEveryMs: number;
  /** carries an order out; true: the cell now holds the artefact, verified */
  apply(artefact: string): boolean;
  /** the kill switch changed: block or stay blocked until a person clears it */
  killed(state: { readonly killed: boolean; readonly reason: string }): void;
  /** what must survive a restart; called before an order is carried out */
  persist(state: AgentState): void;
  /** counts since the last call */
  counts(): { decisions: number; failures: number };
  refused(code: Code): void;
}
export interface CellLink {
  readonly agent: CellAgent;
  readonly holds: string;
  reportNow(): void;
  close(): Promise<void>;
}
const RECONNECT_MS = 500;

/** The cell's end of the fleet: a fresh session each time, so that nothing old waits for it at the broker. */
export function openCellLink(setting: CellLinkSetting): CellLink {
  const topics = fleetTopics(setting.base, setting.fleet);
  const agent = createCellAgent({ cell: setting.cell, fleet: setting.fleet }, setting.restored);
  let holds = setting.holds;
  let seq = Date.now();
  let lastCode: Code | "" = "";
  const client: MqttClient = connect(setting.url, {
    protocolVersion: 5,
    clean: true,
    clientId: `cellgate-fleet-${setting.cell}`,
    reconnectPeriod: RECONNECT_MS,
    queueQoSZero: false,
    properties: { sessionExpiryInterval: 0 },
  });
  const report = (): void => {
    if (!client.connected) return;
    const counts = setting.counts();
    const body = {
      format: "cellgate-report-1",
      fleet: setting.fleet,
      cell: setting.cell,
      seq: ++seq,
      holds,
      ...counts,
      killed: agent.state.killed,
      code: lastCode,
    } as const;
    client.publish(topics.reports(setting.cell), seal(body, setting.cellKey), { qos: 0 });
  };
  const onKill = (body: KillState): void => {
    const changed = agent.kill(body);
    setting.persist(agent.state);
    if (changed) setting.killed({ killed: agent.state.killed, reason: body.reason });
    report();
  };
  const onMessage = (body: FleetMessage): void => {
    if (body.format === "cellgate-kill-1") return onKill(body);
    if (body.format !== "cellgate-order-1") return;
    const answer = agent.order(body, Date.now() * 1_000);
    lastCode = answer.code;
    setting.persist(agent.state);
    if (answer.act === "none") setting.refused(answer.code);
    else if (setting.apply(answer.artefact)) holds = answer.artefact;
    else {
      lastCode = "ORDER_APPLY_FAILED";
      setting.refused(lastCode);
      if (answer.act === "apply") holds = `failed:${answer.artefact.slice(0, 16)}`;
    }
    report();
  };
  client.on("message", (_topic, payload) => {
    const opened = open(payload, () => setting.fleetKey);
    if (opened.ok) onMessage(opened.body);
    else setting.refused(opened.code);
  });
  client.on(
    "connect",
    () => void client.subscribe([topics.kill, topics.orders(setting.cell)], { qos: 1 }, report),
  );
  client.on("close", () => agent.disconnected());
  client.on("error", () => undefined);
  const timer = setInterval(report, setting.reportEveryMs);
  return {
    agent,
    get holds() {
      return holds;
    },
    reportNow: report,
    async close() {
      clearInterval(timer);
      await client.endAsync(true);
    },
  };
}
