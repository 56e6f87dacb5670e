import { hypot3 } from "../base/math.ts";
import {
  actuatorIndexOf,
  BLOCK_REPEAT_PERIOD_US,
  type CellState,
  type Deployment,
  type Micros,
  msToMicros,
  type Sample,
} from "../domain/index.ts";
import { Approach, type ChannelInfo, type Reflex, Trip } from "../reflex/index.ts";
import type { Outbox } from "./outbox.ts";
import { isBlocked } from "./state.ts";

interface DeskParts {
  readonly deployment: Deployment;
  readonly channels: readonly ChannelInfo[];
  readonly reflex: Reflex;
  readonly outbox: Outbox;
  state(): CellState;
}
type Zone = Deployment["rules"]["zones"][string];

/**
 * Velocities that somebody asks for, on their way to what moves: limited by zones and by the state of the cell. Something
 * always goes out, at the latest after the period in which a block is repeated; nobody asking means zero.
 */
export function createVelocityDesk(parts: DeskParts) {
  const zones = Object.entries(parts.deployment.rules.zones).filter(([, own]) => own.monitored);
  const filters = Object.values(parts.deployment.actuators).flatMap((actuator, index) => {
    const channel = parts.channels.find((c) => c.name === actuator.command);
    return channel === undefined ? [] : [new VelocityFilter(index, channel, zones, parts)];
  });
  return {
    sample(sample: Sample, trusted: boolean): void {
      for (const filter of filters) filter.sample(sample, trusted);
    },
    /** a reading of this channel could not be used */
    missing(channel: number, t: Micros): void {
      for (const filter of filters) filter.missing(channel, t);
    },
    tick(t: Micros): void {
      for (const filter of filters) filter.tick(t);
    },
    entered(t: Micros): void {
      for (const filter of filters) filter.put(t);
    },
  };
}

class VelocityFilter {
  readonly #index: number;
  readonly #command: ChannelInfo;
  readonly #parts: DeskParts;
  readonly #limits: readonly (readonly [name: string, own: Zone])[];
  readonly #ratios: ReadonlyMap<string, number>;
  readonly #approaches: readonly { name: string; approach: Approach; trip: Trip }[];
  readonly #limited = new Trip(msToMicros(500));
  readonly #name: string;
  #asked: Float64Array | null = null;
  #askedAt = -1;
  #sentAt = -Infinity;
  #sent: readonly number[] = [];

  constructor(
    index: number,
    command: ChannelInfo,
    zones: readonly (readonly [string, Zone])[],
    parts: DeskParts,
  ) {
    this.#index = index;
    this.#command = command;
    this.#parts = parts;
    this.#name = Object.keys(parts.deployment.actuators)[index]!;
    this.#limits = zones.filter(([, own]) => own.action === "limit");
    this.#ratios = new Map(
      zones.flatMap(([name, { ratio }]) => (ratio === undefined ? [] : [[name, ratio] as const])),
    );
    this.#approaches = zones
      .filter(([, own]) => own.action === "approach")
      .map(([name, own]) => ({
        name,
        approach: new Approach(own, parts.channels.find((c) => c.name === own.channel)!),
        trip: new Trip(msToMicros(own.releaseMs)),
      }));
  }

  sample(sample: Sample, trusted: boolean): void {
    if (!trusted) return this.missing(sample.channel, sample.t);
    if (sample.channel === this.#command.index) {
      this.#asked ??= new Float64Array(sample.values.length);
      this.#asked.set(sample.values);
      this.#askedAt = sample.t;
      return this.put(sample.t);
    }
    if (!this.#see(sample.channel, sample.values)) return;
    this.#putIfChanged(sample.t);
  }
  missing(channel: number, t: Micros): void {
    if (channel === this.#command.index) this.#askedAt = -1;
    else if (!this.#see(channel, null)) return;
    this.#putIfChanged(t);
  }
  tick(t: Micros): void {
    if (t - this.#sentAt >= BLOCK_REPEAT_PERIOD_US) return this.put(t);
    // a command that has just become too old, a zone that has just become occupied
    this.#putIfChanged(t);
  }
  /** While a block runs, it is the block that is repeated: it goes the shorter way. */
  put(t: Micros): void {
    const state = this.#parts.state();
    if (isBlocked(state) && state !== "RETREATING") return;
    this.#send(this.#allowed(t), t);
  }
  #putIfChanged(t: Micros): void {
    const state = this.#parts.state();
    if (isBlocked(state) && state !== "RETREATING") return;
    const values = this.#allowed(t);
    if (values.length !== this.#sent.length || values.some((v, i) => v !== this.#sent[i]))
      this.#send(values, t);
  }
  #send(values: readonly number[], t: Micros): void {
    this.#sent = values;
    this.#sentAt = t;
    this.#parts.outbox.emit({ kind: "velocity", actuator: actuatorIndexOf(this.#index), values });
  }
  #see(channel: number, ranges: Float64Array | null): boolean {
    let seen = false;
    for (const { approach } of this.#approaches) {
      if (approach.channel !== channel) continue;
      approach.see(ranges);
      seen = true;
    }
    return seen;
  }

  #allowed(t: Micros): readonly number[] {
    const asked = this.#asked;
    if (asked === null || this.#askedAt < 0 || t - this.#askedAt > msToMicros(this.#command.config.maxAgeMs))
      return this.#zero();
    if (isBlocked(this.#parts.state())) return this.#zero();
    const share = this.#share(asked, t);
    return share === 1 ? Array.from(asked) : Array.from(asked, (v) => v * share);
  }
  #zero(): readonly number[] {
    const width =
      this.#command.config.quantity === "twistCommand" ? 6 : this.#parts.deployment.robot.joints.length;
    return Array.from({ length: width }, () => 0);
  }
  /** The least share that anything allows; direction and curve stay as they were asked for. */
  #share(asked: Float64Array, t: Micros): number {
    const pace = this.#pace();
    if (this.#command.config.quantity === "jogCommand") return Math.min(pace, this.#jointShare(asked, t));
    const linear = hypot3(asked[0]!, asked[1]!, asked[2]!);
    const angular = hypot3(asked[3]!, asked[4]!, asked[5]!);
    let share = Math.min(pace, this.#noted(this.#parts.deployment.robot.maxToolSpeedMPerS, linear, t));
    for (const [name, own] of this.#limits) {
      if (!this.#parts.reflex.isActive("VELOCITY_LIMITED", name)) continue;
      share = Math.min(share, shareOf(own.linearMPerS, linear), shareOf(own.angularRadPerS, angular));
    }
    for (const { name, approach, trip } of this.#approaches) {
      const own = approach.share(asked[0]! * share, asked[1]! * share, asked[5]! * share);
      this.#tell(name, trip, own, t);
      share *= own;
    }
    return share;
  }
  #jointShare(asked: Float64Array, t: Micros): number {
    let share = 1;
    this.#parts.deployment.robot.joints.forEach(({ maxRadPerS }, i) => {
      share = Math.min(share, shareOf(maxRadPerS, Math.abs(asked[i]!)));
    });
    this.#mark(share, t);
    return share;
  }
  #noted(limit: number, speed: number, t: Micros): number {
    const share = shareOf(limit, speed);
    this.#mark(share, t);
    return share;
  }
  /** said while somebody asks for more than the robot's own limit */
  #mark(share: number, t: Micros): void {
    const { reflex } = this.#parts;
    if (share < 1) {
      if (this.#limited.trip())
        reflex.raise(
          "VELOCITY_LIMITED",
          this.#name,
          `asked for ${(1 / share).toFixed(2)} times the limit of the robot`,
        );
    } else if (this.#limited.release(t)) reflex.clear("VELOCITY_LIMITED", this.#name);
  }
  #tell(name: string, trip: Trip, share: number, t: Micros): void {
    const { reflex } = this.#parts;
    if (share < 1) {
      if (trip.trip())
        reflex.raise(
          "VELOCITY_APPROACH",
          name,
          `${Math.round(share * 100)} % of what is asked, to keep the time`,
        );
    } else if (trip.release(t)) reflex.clear("VELOCITY_APPROACH", name);
  }
  /** While the cell is slow: the least share of what slows it. */
  #pace(): number {
    const { deployment, reflex, state } = this.#parts;
    if (state() !== "SLOW") return 1;
    let pace = 1;
    for (const cause of reflex.causes()) {
      if (!cause.active || cause.severity !== "slow") continue;
      const own = cause.code === "ZONE_SLOW" ? this.#ratios.get(cause.source) : undefined;
      pace = Math.min(pace, own ?? deployment.self.slowRatio);
    }
    return pace < 1 ? pace : deployment.self.slowRatio;
  }
}

const shareOf = (limit: number | undefined, speed: number): number =>
  limit === undefined || speed <= limit ? 1 : limit / speed;
