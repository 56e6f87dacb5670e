import type { OutMessage } from "../../ports/index.ts";
import { type EnvelopeAgreement, EnvelopeWriter, envelopeConfigHash } from "../../wire/index.ts";

/** velocities are filtered where they come in, and no contract over MQTT carries them */
type Command = Exclude<OutMessage, { kind: "publish" | "velocity" }>;

/** The text of a command as the contract has it. */
function commandText(message: Command, nowUs: number): string {
  const head = { schema: "cellgate.command/1", command: message.kind } as const;
  switch (message.kind) {
    case "stop":
      return JSON.stringify({ ...head, code: message.code, pose: message.pose });
    case "slow":
      return JSON.stringify({ ...head, scale: message.scale });
    case "heartbeat":
      return JSON.stringify({
        ...head,
        counter: message.counter,
        state: message.state,
        may_move: message.mayMove,
        config_hash: message.configHash,
      });
    case "permit":
      return JSON.stringify({
        ...head,
        action_id: message.actionId,
        proposal_hash: message.proposalHash,
        lifetime_us: Math.max(0, Math.round(message.expiresUs - nowUs)),
        action: message.action,
        ...(message.retreat && { retreat: true }),
      });
    case "revoke":
      return JSON.stringify({ ...head, action_id: message.actionId, code: message.code });
  }
}

/** Wraps commands; every topic counts on its own, so that a receiver sees what it lost. */
export class CommandEncoder {
  readonly #writers = new Map<string, EnvelopeWriter>();
  readonly #cell: string;
  readonly #session: number;
  readonly #key: Uint8Array | null;
  readonly #maxDelayMs: number;

  constructor(set: { cell: string; session: number; key: Uint8Array | null; maxDelayMs: number }) {
    this.#cell = set.cell;
    this.#session = set.session;
    this.#key = set.key;
    this.#maxDelayMs = set.maxDelayMs;
  }
  encode(topic: string, message: Command, nowUs: number): string {
    let writer = this.#writers.get(topic);
    if (writer === undefined) {
      const config = envelopeConfigHash(this.agreement(topic));
      writer = new EnvelopeWriter({
        address: topic,
        source: this.#cell,
        session: this.#session,
        config,
        key: this.#key,
      });
      this.#writers.set(topic, writer);
    }
    return JSON.stringify(writer.wrap(commandText(message, nowUs), nowUs));
  }
  /** what the receiver has to know to check these commands */
  agreement(topic: string): EnvelopeAgreement {
    return {
      cell: this.#cell,
      address: topic,
      source: this.#cell,
      quantity: "command",
      maxDelayMs: this.#maxDelayMs,
      protection: this.#key === null ? "crc32" : "hmac",
    };
  }
}
