import type { CellEvent, Micros } from "../../core/domain/index.ts";
import { channelIndexOf, microsOf } from "../../core/domain/index.ts";
import type { Tape } from "../../edge/recordings/tape/index.ts";
import type { tapeSpan } from "./replay-tape.ts";
import type { ReplaySource, SampleListener, SourceDoor } from "./source.ts";

/** Only what came from outside: what followed from it (verdicts, confirmations, acts on blocks) is made anew. */
const FROM_OUTSIDE: ReadonlySet<CellEvent["kind"]> = new Set(["sample", "fault", "proposal", "health"]);

/** A tape under another configuration: the same readings, judged differently. */
export class TapeSource implements ReplaySource {
  readonly startMicros: number;
  readonly spanUs: number;
  readonly total = 0;
  readonly absent: readonly string[];
  readonly unused: readonly string[];
  done = 0;
  messages = 0;
  unreadable = 0;
  t = 0 as Micros;
  readonly #tape: Tape;
  /** the replay's time begins with the tape's first event: a black box begins hours into a run */
  readonly #firstUs: number;
  readonly #lastUs: number;
  readonly #events: ReturnType<Tape["events"]>;
  /** channel of the new deployment for each channel of the tape, −1 where it has none */
  readonly #channelOf: readonly number[];
  #current: CellEvent | null = null;
  #broken: string | null = null;

  constructor(tape: Tape, { firstUs, lastUs }: ReturnType<typeof tapeSpan>, channelNames: readonly string[]) {
    this.#tape = tape;
    this.#firstUs = firstUs;
    this.#lastUs = lastUs;
    this.spanUs = Math.max(0, lastUs - firstUs);
    this.startMicros = tape.meta.epoch + firstUs;
    const recorded = tape.meta.channels.map((c) => c.name);
    this.#channelOf = recorded.map((name) => channelNames.indexOf(name));
    this.absent = channelNames.filter((name) => !recorded.includes(name));
    this.unused = recorded.filter((name) => !channelNames.includes(name));
    this.#events = tape.events();
  }
  next(): boolean {
    for (;;) {
      const step = this.#events.next();
      if (step.done === true) {
        this.#broken = step.value.broken;
        return false;
      }
      this.done++;
      const { t } = step.value;
      if (t > this.#lastUs) return false;
      if (t < this.#firstUs || !FROM_OUTSIDE.has(step.value.kind)) continue;
      this.messages++;
      this.#current = step.value;
      this.t = microsOf(t - this.#firstUs);
      return true;
    }
  }
  deliver(door: SourceDoor, seen: SampleListener): void {
    const event = this.#current!;
    switch (event.kind) {
      case "sample": {
        const channel = this.#channelOf[event.channel]!;
        if (channel < 0) return;
        door.sample(channelIndexOf(channel), event.values, event.values.length, event.stamp, event.sourceSeq);
        return seen(this.t, channel, event.values, event.values.length);
      }
      case "fault": {
        const channel = this.#channelOf[event.channel]!;
        return channel < 0 ? undefined : door.fault(channelIndexOf(channel), event.code, event.detail);
      }
      case "proposal":
        return void (event.refused === null
          ? door.proposal(event.raw, event.via)
          : door.refusedProposal(event.refused, event.via));
      case "health":
        return door.health(event.part, event.code, event.active, event.detail);
      default:
        return;
    }
  }
  notes(): readonly string[] {
    return [
      ...this.#tape.boxed.map(
        ({ receiptId, code, t }) =>
          `black box: ${code} at ${((t - this.#firstUs) / 1e6).toFixed(3)} s, receipt ${receiptId}`,
      ),
      ...(this.#broken === null ? [] : [`the tape ends early: ${this.#broken}`]),
    ];
  }
  close(): void {
    this.#tape.close();
  }
}
