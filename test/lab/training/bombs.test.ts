import { describe, expect, test } from "vitest";
import { parseOnnx } from "../../../src/lab/training/onnx.ts";

/** One field of a protobuf message: a length, then content. */
function field(number: number, content: Uint8Array): Uint8Array {
  const head = [number * 8 + 2];
  for (let length = content.length; ; length = Math.floor(length / 128)) {
    if (length < 128) {
      head.push(length);
      break;
    }
    head.push((length % 128) + 128);
  }
  const out = new Uint8Array(head.length + content.length);
  out.set(head);
  out.set(content, head.length);
  return out;
}
const repeated = (count: number, piece: Uint8Array): Uint8Array => {
  const out = new Uint8Array(count * piece.length);
  for (let i = 0; i < count; i++) out.set(piece, i * piece.length);
  return out;
};
const model = (graph: Uint8Array): Uint8Array => field(7, graph);
const MB = 1_048_576;

describe("an ONNX file that would fill the memory", () => {
  test.each([
    ["one attribute of 40 MB", model(field(1, field(5, field(7, new Uint8Array(40 * MB)))))],
    ["five million empty nodes", model(repeated(5 * MB, field(1, new Uint8Array(0))))],
    ["five million empty attributes", model(field(1, repeated(5 * MB, field(5, new Uint8Array(0)))))],
    ["a tensor of ten million dimensions", model(field(5, field(1, new Uint8Array(10 * MB).fill(1))))],
  ])("%s is refused before it is decoded", (_, bytes) => {
    const from = process.memoryUsage().heapUsed;
    const read = parseOnnx(bytes, 4);
    expect(read.ok ? "read" : read.error).toMatch(/more than \d+ fields/);
    expect(process.memoryUsage().heapUsed - from).toBeLessThan(64 * MB);
  });
  test("an operator called constructor is no activation", () => {
    const node = Uint8Array.from([
      ...field(1, Buffer.from("x")),
      ...field(2, Buffer.from("y")),
      ...field(4, Buffer.from("constructor")),
    ]);
    const named = field(1, Buffer.from("x"));
    const graph = Uint8Array.from([
      ...field(1, node),
      ...field(11, named),
      ...field(12, field(1, Buffer.from("y"))),
    ]);
    const read = parseOnnx(model(graph), 1);
    expect(read.ok ? "read" : read.error).toMatch(/no operator that can be imported/);
  });
});
