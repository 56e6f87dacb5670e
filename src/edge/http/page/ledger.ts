// What the node's page is told of receipts.
import type { NodeStatus, ReceiptBody, ReceiptBodyOf, ReceiptType } from "../../../core/domain/index.ts";

interface RowOf<T extends ReceiptType> {
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly shard: number;
  readonly index: number;
  /** null: the opening of a part of the ledger, or a body that retention dropped */
  readonly body: ReceiptBodyOf<T> | null;
}
export type Row<T extends ReceiptType = ReceiptType> = T extends ReceiptType ? RowOf<T> : never;
export interface Found<T extends ReceiptType = ReceiptType> {
  readonly rows: readonly Row<T>[];
  readonly looked: number;
}
type FullOf<T extends ReceiptType> = RowOf<T> & { readonly body: ReceiptBodyOf<T> };
export type Full<T extends ReceiptType = ReceiptType> = T extends ReceiptType ? FullOf<T> : never;
export const isFull = <T extends ReceiptType>(row: Row<T>): row is Row<T> & Full<T> =>
  row.body !== null && row.body !== undefined;
/** rows whose body is of this type */
export const isOf =
  <T extends ReceiptType>(...types: readonly T[]) =>
  (row: Row): row is Row & Full<T> =>
    row.body !== null && (types as readonly string[]).includes(row.body.receipt_type);
/** the action that a receipt speaks of */
export const actionIn = (body: ReceiptBody): string | undefined =>
  "action_id" in body ? body.action_id : undefined;

/** Numbers of a verdict by name; what is no number of that name is absent. */
export type Terms = Readonly<Record<string, unknown>>;
export const numberIn = (terms: Terms, name: string): number | null =>
  typeof terms[name] === "number" ? terms[name] : null;
export const textIn = (terms: Terms, name: string): string =>
  typeof terms[name] === "string" ? terms[name] : "";
/** a question that waits for a person */
export type Waiting = NodeStatus["gate"]["approvals"][number] & {
  readonly config_hash: string;
  /** seconds until nobody's answer counts as no */
  readonly left_s: number;
};
/** a view that was left draws nothing any more */
export interface Alive {
  here: boolean;
}
