import type {
  ApprovalEvent,
  ChannelIndex,
  Code,
  OperatorEvent,
  SwitchEvent,
} from "../../core/domain/index.ts";

/** What became of a person's request; the receipt says the same. */
export interface Outcome {
  readonly accepted: boolean;
  readonly code: Code | null;
  readonly detail: string;
}

/** The events of people, without the time and number that the door gives them. */
type Unnumbered<T> = Omit<T, "t" | "seq" | "kind">;

/**
 * The one door. What a transport may tell the node; every call is synchronous and ends with the effects
 * carried out, so a stop has left before the call returns. The door reads the clock, gives the number and
 * writes the tape.
 */
export interface Door {
  /**
   * One reading. `values` holds `count` numbers from its start and may be reused by the caller afterwards.
   * `stamp` is the source's epoch time in microseconds or -1, `sourceSeq` its counter or -1.
   */
  sample(
    channel: ChannelIndex,
    values: ArrayLike<number>,
    count: number,
    stamp: number,
    sourceSeq: number,
  ): void;
  /** A reading that could not be trusted: the channel counts as missing. */
  fault(channel: ChannelIndex, code: Code, detail: string): void;
  /** An action somebody wants to run, as plain JSON data. */
  proposal(raw: unknown, via: { transport: string; caller: string }): void;
  /** A proposal that was already refused at the door (too large, not JSON, queue full). */
  refusedProposal(code: Code, via: { transport: string; caller: string }): void;
  operator(event: Unnumbered<OperatorEvent>): Outcome;
  /** settles when every stop that is latched now would survive a power cut; false: it would not */
  whenLatched(): Promise<boolean>;
  approval(event: Unnumbered<ApprovalEvent>): Outcome;
  switchStage(event: Unnumbered<SwitchEvent>): Outcome;
  /** An actuator's answer. */
  actuator(
    name: string,
    report: "accepted" | "failed" | "completed" | "aborted",
    actionId: string | null,
    detail: string,
    /** with "failed": what could not be carried, when it was no block and no permit */
    about?: "revoke" | "slow",
  ): void;
  /** Something the process or a transport measured about itself; `active: false` ends it. */
  health(part: string, code: Code, active: boolean, detail: string): void;
}

/** longest that the answer to a kill waits for the disk; the stop itself waits for nothing */
const LATCHED_WITHIN_MS = 2_000;

/** false: what is latched may be lost in a power cut, or nobody can say so yet */
export async function latchedWithin(door: Pick<Door, "whenLatched">): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), LATCHED_WITHIN_MS);
  try {
    return await Promise.race([door.whenLatched(), late.promise]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
