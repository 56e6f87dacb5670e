import type { Field, MessageLayout } from "../../wire/index.ts";

/** What the Cyclone middleware of ROS puts before a request: who asks, and a number. */
const HEADER_BYTES = 16;
const ENCAPSULATION_BYTES = 4;
const word = (name: string, primitive: "u64" | "i64"): Field => ({
  name,
  type: { kind: "primitive", primitive },
  array: { kind: "one" },
});

/** The layout of a request as it lies on the wire. */
export function withRequestHeader(request: MessageLayout): MessageLayout {
  const types = new Map(request.types);
  types.set(request.name, [word("guid", "u64"), word("number", "i64"), ...types.get(request.name)!]);
  return { name: request.name, types };
}

/**
 * Puts the header in front of an encoded request. Sixteen bytes move nothing out of its alignment, so the
 * rest stays as it was encoded.
 */
export function createRequestFramer(client: bigint): (request: Uint8Array) => Uint8Array {
  let number = 0n;
  let framed = new Uint8Array(1_024);
  return (request) => {
    const length = request.length + HEADER_BYTES;
    if (framed.length < length) framed = new Uint8Array(length * 2);
    framed.set(request.subarray(0, ENCAPSULATION_BYTES));
    framed.set(request.subarray(ENCAPSULATION_BYTES), ENCAPSULATION_BYTES + HEADER_BYTES);
    const view = new DataView(framed.buffer);
    view.setBigUint64(ENCAPSULATION_BYTES, client, true);
    view.setBigInt64(ENCAPSULATION_BYTES + 8, ++number, true);
    return framed.subarray(0, length);
  };
}
