import type { BagCursor, CursorOrder } from "./mcap-cursor.ts";
import type { Loss } from "./losses.ts";

/** One topic of a recording. */
export interface BagTopic {
  /** position in the bag's list of topics; cursors name topics by it */
  readonly index: number;
  readonly name: string;
  /** "geometry_msgs/msg/WrenchStamped"; empty for messages without a schema */
  readonly type: string;
  /** "cdr", "json" … */
  readonly encoding: string;
  /** "ros2msg", "ros2idl", "jsonschema" …; empty without a definition */
  readonly schemaEncoding: string;
  readonly schema: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
  /** messages as the file counts them, −1 when it does not */
  readonly count: number;
}
export interface ReadOptions {
  /** topics by index; absent: all */
  readonly topics?: ReadonlySet<number>;
  /** log times in microseconds since 1970, both included */
  readonly fromMicros?: number;
  readonly toMicros?: number;
  readonly order?: CursorOrder;
}
/** A recording, whatever its files are. */
export interface Bag {
  readonly path: string;
  /** "mcap", "sqlite3" or "ros1" */
  readonly storage: string;
  readonly files: readonly string[];
  readonly bytes: number;
  readonly topics: readonly BagTopic[];
  /** log times of the first and last message in microseconds, −1 for an empty bag or before reading when unknown */
  readonly startMicros: number;
  readonly endMicros: number;
  /** messages as the files count them, −1 when they do not */
  readonly messages: number;
  readonly metadata: readonly { readonly name: string; readonly entries: Readonly<Record<string, string>> }[];
  readonly attachments: readonly {
    readonly name: string;
    readonly mediaType: string;
    readonly data: Uint8Array;
  }[];
  /** grows while the bag is read */
  readonly losses: () => BagLosses;
  read(options?: ReadOptions): BagCursor;
  close(): void;
}
export interface BagLosses {
  readonly count: number;
  readonly bytes: number;
  readonly listed: readonly Loss[];
  /** messages that were delivered though no checksum covers them */
  readonly unprotected: number;
}
