/** What is missing or doubtful in a recording, and where. */
export interface Loss {
  readonly kind: /** the file ends inside a record, or before its end record */
    | "truncated"
    | "unfinished"
    /** bytes between two readable records make no sense */
    | "garbage"
    /** a chunk fails its checksum, does not unpack or holds broken records */
    | "checksum"
    | "unpack"
    | "structure"
    /** a part outside the chunks fails its checksum */
    | "data-checksum"
    | "summary"
    | "attachment"
    /** messages of a channel that the file does not describe */
    | "channel"
    /** counts or times in the file contradict its content */
    | "contradiction";
  readonly file: string;
  readonly fromByte: number;
  readonly toByte: number;
  /** position of the chunk in the file, −1 outside chunks */
  readonly chunk: number;
  /** time span that the lost part claims to cover (microseconds since 1970), −1 when unknown */
  readonly fromMicros: number;
  readonly toMicros: number;
  readonly detail: string;
}
const MAX_LISTED = 1_000;

/** Bounded list of losses; further ones are only counted. */
export class LossList {
  readonly listed: Loss[] = [];
  count = 0;
  bytes = 0;
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }
  add(
    kind: Loss["kind"],
    fromByte: number,
    toByte: number,
    detail: string,
    chunk = -1,
    fromMicros = -1,
    toMicros = -1,
  ): void {
    this.count++;
    this.bytes += Math.max(0, toByte - fromByte);
    if (this.listed.length < MAX_LISTED)
      this.listed.push({ kind, file: this.#file, fromByte, toByte, chunk, fromMicros, toMicros, detail });
  }
}
