import type { CellEvent, Effect } from "../domain/index.ts";
import type { Guests, Reflex } from "../reflex/index.ts";
import type { createOutbox } from "./outbox.ts";

/** The second half of a step: what it asks for besides its blocks, and then what rules of extensions make of it. */
export function createSecondHalf(
  reflex: Reflex,
  outbox: ReturnType<typeof createOutbox>,
  settle: () => void,
) {
  /**
   * Rules of extensions hear what the step took in once its own effects are made, as if they heard it a moment
   * later: they cost a block of ours nothing, and a block of theirs comes after what it revokes.
   */
  const askGuests = (event: CellEvent, before: readonly Effect[]): readonly Effect[] => {
    reflex.askGuests(event);
    settle();
    const blocks = outbox.takeBlocks();
    const rest = outbox.takeRest();
    return [...before, ...blocks, ...outbox.takeBlocks(), ...rest];
  };
  let event: CellEvent | null = null;
  return {
    after(taken: CellEvent): void {
      event = taken;
    },
    effects(): readonly Effect[] {
      // What runs now may block in turn: the pipeline's answer to a stop, a cause that a receipt found.
      const rest = outbox.takeRest();
      const late = outbox.takeBlocks();
      const own = late.length === 0 ? rest : [...late, ...rest];
      return reflex.hasGuests && event !== null ? askGuests(event, own) : own;
    },
  };
}

/** For the first receipt of a run: modules beside cellgate that judge in it. Nothing without them. */
export const listedIn = (guests: Guests | undefined): { extensions?: Record<string, string>[] } =>
  guests === undefined || guests.listed.length === 0
    ? {}
    : { extensions: guests.listed.map((extension) => ({ ...extension })) };
