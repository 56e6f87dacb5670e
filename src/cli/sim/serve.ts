import { connectAsync, type MqttClient } from "mqtt";
import { z } from "zod";
import { createSim, NAMED, type Sim } from "../../../sim/index.ts";
import type { OutMessage } from "../../edge/ports/index.ts";
import { envelopeHolds, envelopeSchema } from "../../edge/wire/index.ts";
import { command, EXIT, type Io, UserError } from "../command.ts";
import { interruptible, oneScenario, simKit } from "./choose.ts";
import { flag, kinds, optional, required, withDefault } from "../options/index.ts";

const SAY_EVERY_US = 500_000;
const PACE_MS = 2;
/** A simulation that falls behind by more than this says so and goes on from now: old readings would be lies. */
const BEHIND_MAX_US = 100_000;

export const simServeCommand = command({
  words: ["sim", "serve"],
  summary: "run the simulated cell in real time behind an MQTT broker, for a node in another process",
  example: "cellgate sim serve --mqtt mqtt://127.0.0.1:1883 --scenario walk-in --seed 7",
  options: {
    mqtt: required(kinds.url, "address of the broker", {
      missing: "--mqtt is missing",
      remedy: "name the broker, for example --mqtt mqtt://127.0.0.1:1883",
    }),
    base: withDefault(kinds.text, "sim/factory", "first part of all topics, as in launch/sim.mqtt.yaml"),
    scenario: withDefault(
      kinds.named("NAME", "a short name or family/class", Object.keys(NAMED)),
      "walk-in",
      "short name or family/class",
    ),
    seed: withDefault(kinds.seed, "1", "seed of the scenario"),
    for: optional(kinds.duration(), "length of the run"),
    json: flag("one JSON line each half second"),
  },
  async run(input, io) {
    const { mqtt: url, for: length = Number.POSITIVE_INFINITY, base, seed } = input.values;
    const scenario = oneScenario(input.values.scenario, seed, simKit());
    const client = await connectAsync(url, {
      reconnectPeriod: 0,
      connectTimeout: 5_000,
      queueQoSZero: false,
    }).catch((cause: Error) => {
      throw new UserError(
        `${url}: ${cause.message === "" ? "no broker answers" : cause.message}`,
        "start a broker, for example: mosquitto -p 1883",
        EXIT.failed,
      );
    });
    io.err("the arm waits for a node's leave: cellgate run launch/sim.mqtt.yaml, then reset and resume");
    const stop = interruptible();
    try {
      const sim = createSim({ scenario });
      const served = new Served(sim, client, base, io, input.values.json);
      await served.run(length, stop.signal);
      return stop.signal.aborted ? EXIT.interrupted : EXIT.ok;
    } finally {
      stop.done();
      await client.endAsync(true);
    }
  },
});

const commandSchema = z.looseObject({ command: z.string() });
const commandShapes = {
  stop: z.looseObject({ code: z.string(), pose: z.array(z.number()) }),
  slow: z.looseObject({ scale: z.number() }),
  heartbeat: z.looseObject({
    counter: z.number(),
    state: z.string(),
    may_move: z.boolean(),
    config_hash: z.string(),
  }),
  permit: z.looseObject({
    action_id: z.string(),
    proposal_hash: z.string(),
    lifetime_us: z.number(),
    action: z.unknown(),
    retreat: z.boolean().default(false),
  }),
  revoke: z.looseObject({ action_id: z.string(), code: z.string() }),
};

/** What the arm hears, from the envelope of a command; null: not readable, which is the same as silence. */
export function commandOf(topic: string, text: string, nowUs: number): OutMessage | null {
  try {
    const envelope = envelopeSchema.parse(JSON.parse(text));
    if (!envelopeHolds(topic, envelope, null)) return null;
    const raw: unknown = JSON.parse(envelope.payload);
    switch (commandSchema.parse(raw).command) {
      case "stop":
        return { kind: "stop", ...pick(commandShapes.stop.parse(raw), ["code", "pose"]) };
      case "slow":
        return { kind: "slow", scale: commandShapes.slow.parse(raw).scale };
      case "heartbeat": {
        const beat = commandShapes.heartbeat.parse(raw);
        return {
          kind: "heartbeat",
          counter: beat.counter,
          state: beat.state,
          mayMove: beat.may_move,
          configHash: beat.config_hash,
        };
      }
      case "permit": {
        const permit = commandShapes.permit.parse(raw);
        return {
          kind: "permit",
          actionId: permit.action_id,
          proposalHash: permit.proposal_hash,
          expiresUs: nowUs + permit.lifetime_us,
          action: permit.action,
          retreat: permit.retreat,
        };
      }
      case "revoke": {
        const revoke = commandShapes.revoke.parse(raw);
        return { kind: "revoke", actionId: revoke.action_id, code: revoke.code, pose: [] };
      }
      default:
        return null;
    }
  } catch {
    return null;
  }
}
const pick = <T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> =>
  Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, K>;

/** The simulated cell on the wall clock. */
class Served {
  readonly #sim: Sim;
  readonly #client: MqttClient;
  readonly #base: string;
  readonly #io: Io;
  readonly #json: boolean;
  #unread = 0;
  #saidUs = 0;

  constructor(sim: Sim, client: MqttClient, base: string, io: Io, json: boolean) {
    this.#sim = sim;
    this.#client = client;
    this.#base = base;
    this.#io = io;
    this.#json = json;
  }

  async run(endUs: number, signal: AbortSignal): Promise<void> {
    this.#client.on("message", (topic, payload) => {
      const message = commandOf(topic, payload.toString(), this.#sim.now);
      if (message === null) this.#unread++;
      else this.#sim.command(message);
    });
    await this.#client.subscribeAsync(`${this.#base}/command/arm`, { qos: 1 });
    let zero = performance.now() * 1_000;
    // one fixed offset: stamps of neighbouring readings differ as their times do
    let epochUs = Date.now() * 1_000;
    while (!signal.aborted && this.#sim.now < endUs && !this.#sim.finished && this.#client.connected) {
      let due = performance.now() * 1_000 - zero - this.#sim.now;
      if (due > BEHIND_MAX_US) {
        this.#io.err(`this machine is ${Math.round(due / 1_000)} ms behind; going on from now`);
        zero += due;
        epochUs += due;
        due = 0;
      }
      for (; due >= 1_000; due -= 1_000) this.#step(epochUs);
      await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
  }

  #step(epochUs: number): void {
    void this.#sim.step();
    this.#sim.readings((channel, values, count, stampUs, seq) => {
      const body = { values: [...values.subarray(0, count)], stamp_us: Math.round(epochUs + stampUs), seq };
      this.#client.publish(`${this.#base}/${channel}`, JSON.stringify(body), { qos: 0 });
    });
    this.#sim.reports((report) => {
      const body = {
        schema: "cellgate.ack/1",
        actuator: "arm",
        report: report.report,
        action_id: report.actionId,
        detail: report.detail,
      };
      this.#client.publish(`${this.#base}/ack/arm`, JSON.stringify(body), { qos: 1 });
    });
    if (this.#sim.now - this.#saidUs >= SAY_EVERY_US) this.#say();
  }

  #say(): void {
    this.#saidUs = this.#sim.now;
    const { distanceM, contactForceN, class: became } = this.#sim.truth();
    const { rate, held, armedAtUs } = this.#sim.arm();
    const line = {
      t_s: this.#sim.now / 1e6,
      pace: rate,
      held,
      armed: armedAtUs >= 0,
      distance_m: Math.round(distanceM * 1e3) / 1e3,
      contact_n: Math.round(contactForceN),
      class: became,
      unread: this.#unread,
    };
    if (this.#json) this.#io.out(JSON.stringify(line));
    else
      this.#io.out(
        `${line.t_s.toFixed(1)} s  pace ${rate.toFixed(2)} (${held})  person ${distanceM.toFixed(2)} m  contact ${line.contact_n} N`,
      );
  }
}
