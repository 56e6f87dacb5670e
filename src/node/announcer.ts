import type { Effect, NodeStatus, ReceiptId } from "../core/domain/index.ts";
import type { CommandSender } from "../edge/ports/index.ts";
import { Telemetry, type TelemetrySettings } from "./telemetry.ts";

/** A way out for words: a transport that can publish. Addresses begin with `~/`, below the cell's own name. */
export interface Listener {
  readonly name: string;
  readonly sender: CommandSender;
  /** absent: it hears state, events and receipts, and no figures */
  readonly telemetry?: TelemetrySettings | undefined;
}
export interface Announcer {
  observe(effect: Effect): void;
  /** once a second, also when nothing happens: state and energy; of the figures, what differs */
  beat(): void;
}

/** What the state topic says: short enough for a panel, complete enough to know what to do. */
const stateBody = (s: NodeStatus) => ({
  schema: "cellgate.state/1",
  notice: s.notice,
  cell: s.cell,
  instance: s.instance,
  at_us: s.at,
  state: s.state,
  may_move: s.may_move,
  heartbeat: s.heartbeat,
  why: s.why,
  causes: s.causes.map(({ code, source, severity, active, latched, cleared_by }) => ({
    code,
    source,
    severity,
    active,
    latched,
    cleared_by,
  })),
  config_hash: s.config_hash,
});
const energyBody = ({ energy, cell, at }: NodeStatus) => ({
  schema: "cellgate.energy/1",
  cell,
  at_us: at,
  ...energy,
});

/**
 * Tells the plant what the cell does. Words only: nothing here moves or stops anything, and a listener that
 * does not take them costs the cell nothing.
 */
export function createAnnouncer(
  listeners: readonly Listener[],
  status: () => NodeStatus,
  /** settles with true when a power cut cannot lose the receipt: what the ledger does not hold is told to nobody */
  whenStored: (id: ReceiptId) => Promise<boolean> = () => Promise.resolve(true),
): Announcer {
  const say = (address: string, body: unknown, retain: boolean): void => {
    for (const { sender } of listeners) sender.send(address, { kind: "publish", body, retain });
  };
  const figures = listeners.flatMap(({ sender, telemetry }) =>
    telemetry === undefined ? [] : [{ sender, telemetry: new Telemetry(telemetry) }],
  );
  const answer = ({ via, actionId, answer: body }: Extract<Effect, { kind: "answer" }>): void => {
    const listener = listeners.find(({ name }) => name === via.transport);
    const message = { kind: "publish", body: { action_id: actionId, answer: body }, retain: false } as const;
    listener?.sender.send(`~/answer/${via.caller}`, message);
  };
  const observe = (effect: Effect): void => {
    switch (effect.kind) {
      case "receipt":
        void whenStored(effect.id).then((stored) => stored && say("~/receipt", effect.receipt, false));
        if (effect.receipt.body.receipt_type === "state_change") say("~/state", stateBody(status()), true);
        return;
      case "block":
        if (effect.first) say("~/event/block", { code: effect.code, detail: effect.detail }, false);
        return;
      case "alarm":
        return say("~/event/alarm", { code: effect.code, detail: effect.detail }, false);
      case "answer":
        return answer(effect);
      default:
        return;
    }
  };
  return {
    observe: listeners.length === 0 ? () => {} : observe,
    beat(): void {
      if (listeners.length === 0) return;
      const now = status();
      say("~/state", stateBody(now), true);
      say("~/energy", energyBody(now), false);
      for (const { sender, telemetry } of figures)
        for (const { address, body, retain } of telemetry.due(now))
          sender.send(address, { kind: "publish", body, retain });
    },
  };
}
