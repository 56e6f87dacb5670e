import type {
  Code,
  Deployment,
  LatchedCause,
  Receipt,
  ReceiptId,
  StoredStage,
} from "../../core/domain/index.ts";
import type { StateWriter } from "../files/index.ts";

/** What a ledger is opened with. */
export interface LedgerOptions {
  /** data folder of the node; the ledger lives in `<dir>/ledger` */
  readonly dir: string;
  readonly cell: string;
  /** hash of the effective configuration; part of the ledger's own receipts */
  readonly configHash: string;
  /** version of the program; part of every receipt that does not say one itself */
  readonly program?: string;
  readonly settings: Deployment["ledger"];
  /** once per receipt, in order of appending. `ok: false` = not known to be durable: nothing may be permitted on it. */
  onStored(ids: readonly ReceiptId[], ok: boolean): void;
  onHealth(code: Code, active: boolean, detail: string): void;
  /** the node's thread for small files; without it the ledger makes one of its own when it needs it */
  readonly stateWriter?: StateWriter;
}

/** What the last process left behind. */
export interface Recovered {
  /** number of this start, counted over restarts and power cuts */
  readonly boot: number;
  readonly latched: readonly LatchedCause[];
  /** why the stored receipts may not be trusted, or null; then `latched` holds the cause as well */
  readonly fault: string | null;
  /** this start of this node and no other: the name of its ledger, which holds a part of its key, and the number of the start */
  readonly instance: string;
  /** when the newest receipt was made, microseconds since 1970; 0: there is none */
  readonly lastAt: number;
  /** the stage of the gate that a person chose last; undefined: nobody ever did */
  readonly stage?: StoredStage | undefined;
}

/**
 * Words: a receipt is *stored* when a power cut cannot lose it, *integrated* when it is a leaf of the tree
 * (in the same transaction), *published* when a signed checkpoint covers it. Permits wait for *stored* only.
 */
export interface Ledger {
  readonly recovered: Recovered;
  /**
   * Hands a receipt over and returns within microseconds; it never waits for the disk.
   * false: too many are waiting; the receipt was refused and nothing may be permitted.
   */
  append(receipt: Receipt, text?: string): boolean;
  /** Hands over what must survive a kill to the thread that writes small files. false: nobody takes it. */
  persistLatched(latched: readonly LatchedCause[]): boolean;
  /** settles when a power cut cannot lose what persistLatched was given last; false: it could */
  whenLatched(): Promise<boolean>;
  /** settles with what onStored says of the receipt; at once for one that is already stored or unknown */
  whenStored(id: ReceiptId): Promise<boolean>;
  /** settles when everything appended so far is stored and covered by a signed checkpoint, or has failed */
  flush(): Promise<void>;
  /** settles when the thread has answered: part of the proof that the node lives */
  ping(): Promise<void>;
  /** sends the newest checkpoint to every sink now, whatever their period */
  anchorNow(): Promise<readonly AnchorStatus[]>;
  close(): Promise<void>;
  stats(): LedgerStats;
}

export interface LedgerStats {
  /** receipts handed over in this run */
  readonly appended: number;
  /** of them known to be durable */
  readonly stored: number;
  /** of them waiting */
  readonly pending: number;
  /** refused because too many waited */
  readonly refused: number;
  /** leaves of the tree that is being written, and its root in hexadecimal */
  readonly treeSize: number;
  readonly root: string;
  /** leaves covered by the newest signed checkpoint */
  readonly publishedSize: number;
  readonly shard: number;
  /** transactions committed and the longest of them */
  readonly commits: number;
  readonly commitMsMax: number;
  readonly bytes: number;
  readonly anchors: readonly AnchorStatus[];
}
export interface AnchorStatus {
  readonly sink: string;
  /** leaves covered by the newest checkpoint that the sink has taken */
  readonly size: number;
  readonly failures: number;
  readonly detail: string;
}
