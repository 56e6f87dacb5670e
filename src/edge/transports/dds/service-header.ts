import type { Field, MessageLayout } from "../../wire/index.ts";

/** What the Cyclone middleware of ROS puts before a request and before its answer: who asks, and a number. */
const HEADER_BYTES = 16;
const ENCAPSULATION_BYTES = 4;
const word = (name: string, primitive: "u64" | "i64"): Field => ({
  name,
  type: { kind: "primitive", primitive },
  array: { kind: "one" },
});

/** Whom an answer is for. */
export interface Asker {
  readonly client: bigint;
  readonly number: bigint;
}

/** The layout of a request or answer as it lies on the wire. */
export function withServiceHeader(body: MessageLayout): MessageLayout {
  const types = new Map(body.types);
  types.set(body.name, [word("guid", "u64"), word("number", "i64"), ...types.get(body.name)!]);
  return { name: body.name, types };
}

let room = new Uint8Array(1_024);
/**
 * Puts the header in front of an encoded body; valid until the next call. Sixteen bytes move nothing out of
 * its alignment, so the rest stays as it was encoded.
 */
export function framed(body: Uint8Array, { client, number }: Asker): Uint8Array {
  const length = body.length + HEADER_BYTES;
  if (room.length < length) room = new Uint8Array(length * 2);
  room.set(body.subarray(0, ENCAPSULATION_BYTES));
  room.set(body.subarray(ENCAPSULATION_BYTES), ENCAPSULATION_BYTES + HEADER_BYTES);
  const view = new DataView(room.buffer);
  view.setBigUint64(ENCAPSULATION_BYTES, client, true);
  view.setBigInt64(ENCAPSULATION_BYTES + 8, number, true);
  return room.subarray(0, length);
}

/** Whom a message that could be read only in its first bytes is from. */
export function askerAt(view: DataView): Asker {
  const little = view.getUint8(1) === 1;
  return {
    client: view.getBigUint64(ENCAPSULATION_BYTES, little),
    number: view.getBigInt64(ENCAPSULATION_BYTES + 8, little),
  };
}
export const BODY_AT = ENCAPSULATION_BYTES + HEADER_BYTES;
