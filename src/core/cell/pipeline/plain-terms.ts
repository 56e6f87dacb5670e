import type { ReceiptBodyOf } from "../../domain/index.ts";

/** Numbers by name, as a receipt may carry them. */
export type Terms = ReceiptBodyOf<"gate_decision">["terms"];

/** A copy that has a canonical text: no minus zero, no undefined, and null where a number is not finite. */
export const plainTerms = (value: Readonly<Record<string, unknown>>): Terms => plain(value) as Terms;

function plain(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : null;
  if (Array.isArray(value)) return value.map(plain);
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, plain);
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) if (member !== undefined) copy[key] = plain(member);
  return copy;
}
