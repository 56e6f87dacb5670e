/** A signed checkpoint on its way off this machine. */
export interface Outgoing {
  readonly origin: string;
  readonly size: number;
  readonly note: string;
  /** leaves that the sink took last under this origin, 0 at first */
  readonly takenSize: number;
  /** hashes that show how the tree grew from an earlier size, for sinks that check it; throws when it never had that size */
  proofFrom(oldSize: number): readonly Uint8Array[];
}

/**
 * A place outside this machine that remembers the newest checkpoint. Errors are rejections with words for a
 * technician; the keeper retries.
 */
export interface Sink {
  readonly name: string;
  /** what the sink holds now; empty when it holds nothing or cannot be asked */
  last(): Promise<readonly string[]>;
  /** settles with the note as the sink confirmed it */
  send(outgoing: Outgoing): Promise<string>;
}

/** The sink holds something that this ledger never signed: rolled back or forked. */
export class AnchorConflict extends Error {
  override readonly name = "AnchorConflict";
}
