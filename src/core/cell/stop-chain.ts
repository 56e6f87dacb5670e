import {
  type ActuatorIndex,
  actuatorIndexOf,
  BLOCK_REPEAT_PERIOD_US,
  type Code,
  type Micros,
  msToMicros,
} from "../domain/index.ts";
import type { Reflex } from "../reflex/index.ts";
import type { Outbox } from "./outbox.ts";

/** One actuator as the chain sees it. */
export interface ChainLink {
  readonly name: string;
  readonly confirmMs: number;
  /** true: told in the very call that blocks; false: when those before it did not suffice */
  readonly atOnce: boolean;
}
/** standing: measured motion has ended since the block */
export type Rest = "standing" | "moving" | "unmeasured";
export interface ChainSetting {
  readonly links: readonly ChainLink[];
  readonly standstillRadPerS: number;
  /** joint samples older than this confirm nothing (microseconds) */
  readonly motionMaxAgeUs: number;
  /** false: the deployment has no measured motion and says why; the chain then never escalates */
  readonly confirmsByMotion: boolean;
}

/**
 * A block from its first command to standstill: it is repeated while the cell is blocked, it is done when
 * measured motion has ended, and when that does not happen in time the next actuator of the chain is asked.
 * Every actuator that can be told at once is told at once; the chain decides only who is asked besides.
 */
export function createStopChain(setting: ChainSetting, reflex: Reflex, outbox: Outbox) {
  let since = -1 as Micros;
  let askedSince = -1 as Micros;
  /** since when those that were told at once have had time to stop the robot */
  let toldSince = -1 as Micros;
  let reached = 0;
  let lastSent = -1 as Micros;
  let exhausted = false;
  let confirmed = false;
  let code: Code = "CELL_STARTING";
  let detail = "";

  const pose = (t: Micros): readonly number[] => {
    const { at, position } = reflex.motion;
    const held: number[] = [];
    if (at < 0 || t - at > setting.motionMaxAgeUs) return held;
    // a plain loop: an iterator over a typed array is the dearest part of a block
    for (let i = 0; i < position.length; i++) held.push(position[i]!);
    return held;
  };

  /** actuators that could not be reached since the start, and when that was last seen */
  const notReady = new Map<number, Micros>();
  const ready = (index: number): void => {
    const failedAt = notReady.get(index);
    if (failedAt === undefined || failedAt >= lastSent) return;
    notReady.delete(index);
    reflex.clear("ACTUATOR_NOT_READY", setting.links[index]!.name);
  };

  const isTold = (index: number): boolean => index <= reached || setting.links[index]!.atOnce;
  const send = (t: Micros, first: boolean): void => {
    if (notReady.size > 0) for (let i = 0; i < setting.links.length; i++) if (isTold(i)) ready(i);
    const held = pose(t);
    for (let i = 0; i < setting.links.length; i++) {
      if (!isTold(i)) continue;
      outbox.block({
        kind: "block",
        actuator: actuatorIndexOf(i),
        code,
        detail,
        pose: held,
        first: first && i === reached,
      });
    }
    lastSent = t;
  };
  const heard = (t: Micros): boolean =>
    reflex.motion.at >= askedSince && t - reflex.motion.at <= setting.motionMaxAgeUs;
  const slow = (): boolean => reflex.motion.fastestRadPerS <= setting.standstillRadPerS;

  /**
   * Standstill was seen: from here on only new motion counts, not a source that falls silent. What the chain
   * had to report has ended, also when it had run out; a person clears what remains latched of it.
   */
  const confirm = (t: Micros): void => {
    confirmed = true;
    askedSince = t;
    toldSince = t;
    for (let i = 0; i <= reached; i++) reflex.clear("STOP_NOT_CONFIRMED", setting.links[i]!.name);
    if (!exhausted) return;
    exhausted = false;
    reflex.clear("CHAIN_EXHAUSTED", setting.links[reached]!.name);
  };

  const escalate = (t: Micros): void => {
    const link = setting.links[reached]!;
    const last = reached === setting.links.length - 1;
    reflex.raise("STOP_NOT_CONFIRMED", link.name, `still moving ${link.confirmMs} ms after the block`);
    if (last) {
      exhausted = true;
      confirmed = false;
      reflex.raise("CHAIN_EXHAUSTED", link.name, "no further actuator; heartbeat dropped");
      askedSince = t;
      return;
    }
    ask(t, reached + 1);
  };
  const ask = (t: Micros, index: number): void => {
    reached = index;
    askedSince = setting.links[index]!.atOnce ? toldSince : t;
    confirmed = false;
    reflex.setBlocked(since, reached);
    send(t, true);
  };

  return {
    /** the cell became blocked, or was blocked and now has a new reason to stop */
    block(t: Micros, why: Code, because: string): void {
      code = why;
      detail = because;
      if (since < 0) {
        since = t;
        toldSince = t;
        exhausted = false;
        ask(t, 0);
      } else send(t, true);
    },
    release(): void {
      since = -1 as Micros;
      reached = 0;
      exhausted = false;
      reflex.setBlocked(-1, 0);
    },
    /** repeats the block and watches for standstill */
    tick(t: Micros): void {
      if (since < 0) return;
      if (t - lastSent >= BLOCK_REPEAT_PERIOD_US) send(t, false);
      if (!setting.confirmsByMotion || reflex.motion.at < 0) return;
      if (heard(t) && slow()) return confirm(t);
      if (exhausted || (confirmed && !heard(t))) return;
      if (t - askedSince > msToMicros(setting.links[reached]!.confirmMs)) escalate(t);
    },
    /** an actuator could not be handed the block: the next one is asked at once */
    failed(t: Micros, actuator: ActuatorIndex, why: string): void {
      const link = setting.links[actuator];
      if (link === undefined) return;
      // Wires open after the first block: until one has been taken there is nothing that could move.
      if (code === "CELL_STARTING") {
        notReady.set(actuator, t);
        return reflex.raise("ACTUATOR_NOT_READY", link.name, why);
      }
      reflex.happened("ACTUATOR_UNREACHABLE", link.name, why);
      if (since < 0 || actuator !== reached || reached === setting.links.length - 1) return;
      ask(t, reached + 1);
    },
    /** the receiving side must stop by itself: no part of ours could make it */
    heartbeatDropped: (): boolean => exhausted,
    blockedSince: (): Micros => since,
    /** what is known of motion since the block: nothing can be known where no joints were ever heard */
    rest(): Rest {
      if (!setting.confirmsByMotion || reflex.motion.at < 0) return "unmeasured";
      return since >= 0 && confirmed ? "standing" : "moving";
    },
    reachedActuator: (): number => reached,
  };
}
export type StopChain = ReturnType<typeof createStopChain>;
