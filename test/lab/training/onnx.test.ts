import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { createPrng } from "../../../src/core/base/prng.ts";
import { loadHead } from "../../../src/core/risk/index.ts";
import { importOnnx, parseOnnx } from "../../../src/lab/training/index.ts";

// written with the wire format alone, so that the importer's own schema is not its own judge
const W = protobuf.Writer;
type Part = (w: protobuf.Writer) => void;
const message = (...parts: Part[]): Uint8Array => {
  const w = W.create();
  for (const part of parts) part(w);
  return w.finish();
};
const bytesField =
  (id: number, bytes: Uint8Array): Part =>
  (w) =>
    void w.uint32((id << 3) | 2).bytes(bytes);
const textField =
  (id: number, text: string): Part =>
  (w) =>
    void w.uint32((id << 3) | 2).string(text);
const numberField =
  (id: number, value: number): Part =>
  (w) =>
    void w.uint32(id << 3).int64(value);
const floatField =
  (id: number, value: number): Part =>
  (w) =>
    void w.uint32((id << 3) | 5).float(value);
function tensor(name: string, dims: number[], values: number[], raw = true): Uint8Array {
  const data = new Uint8Array(new Float32Array(values).buffer);
  const packed = W.create();
  values.forEach((v) => packed.float(v));
  return message(
    ...dims.map((d) => numberField(1, d)),
    numberField(2, 1),
    textField(8, name),
    raw ? bytesField(9, data) : bytesField(4, packed.finish()),
  );
}
const node = (op: string, inputs: string[], output: string, ...attributes: Uint8Array[]): Uint8Array =>
  message(
    ...inputs.map((i) => textField(1, i)),
    textField(2, output),
    textField(3, `${op}_${output}`),
    textField(4, op),
    ...attributes.map((a) => bytesField(5, a)),
  );
const intAttribute = (name: string, value: number): Uint8Array =>
  message(textField(1, name), numberField(3, value), numberField(20, 2));
const floatAttribute = (name: string, value: number): Uint8Array =>
  message(textField(1, name), floatField(2, value), numberField(20, 1));
const model = (nodes: Uint8Array[], tensors: Uint8Array[], input = "x", output = "y"): Uint8Array => {
  const info = (name: string): Uint8Array => message(textField(1, name));
  const graph = message(
    ...nodes.map((n) => bytesField(1, n)),
    textField(2, "g"),
    ...tensors.map((t) => bytesField(5, t)),
    bytesField(11, info(input)),
    bytesField(12, info(output)),
  );
  return message(numberField(1, 8), textField(2, "test"), bytesField(7, graph));
};

const random = createPrng(4);
const draw = (n: number): number[] => Array.from({ length: n }, () => Math.fround(random.nextGaussian()));
const [w1, b1, w2, b2] = [draw(12), draw(4), draw(4), draw(1)];
/** 3 → 4 (relu) → 1 (sigmoid): Gemm with turned weights, then MatMul and Add */
const good = (): Uint8Array =>
  model(
    [
      node("Gemm", ["x", "w1", "b1"], "h", intAttribute("transB", 1)),
      node("Relu", ["h"], "r"),
      node("MatMul", ["r", "w2"], "m"),
      node("Add", ["m", "b2"], "z"),
      node("Sigmoid", ["z"], "y"),
    ],
    [tensor("w1", [4, 3], w1), tensor("b1", [4], b1, false), tensor("w2", [4, 1], w2), tensor("b2", [1], b2)],
  );
const expected = (x: number[]): number => {
  const hidden = Array.from({ length: 4 }, (_, o) =>
    Math.max(
      0,
      x.reduce((s, v, i) => s + v * w1[o * 3 + i]!, b1[o]!),
    ),
  );
  return 1 / (1 + Math.exp(-hidden.reduce((s, v, o) => s + v * w2[o]!, b2[0]!)));
};
const request = (directions: readonly number[] = [0, 0, 0]) => ({
  domain: "robot-factory",
  horizonMs: 500,
  threshold: 1,
  features: directions.map((direction, i) => ({
    name: `f${i}`,
    unit: "1",
    group: "g",
    direction,
    mean: 0,
    scale: 1,
  })),
});
const imported = (bytes: Uint8Array, r: unknown = request()) => importOnnx(bytes, r, "0");

describe("training: heads trained elsewhere (ONNX)", () => {
  it("gives the network's own probability, and contributions that sum to V_s", () => {
    const made = imported(good());
    if (!made.ok) throw new Error(made.error);
    const head = loadHead(made.value);
    if (!head.ok) throw new Error(head.error.detail);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 }),
        (x) => {
          const energy = head.value.evaluate({
            values: Float64Array.from(x),
            present: new Uint8Array(3).fill(1),
          });
          expect(energy).toBeGreaterThanOrEqual(0);
          expect(head.value.probability(energy)).toBeCloseTo(expected(x), 9);
          expect(head.value.contributions().reduce((a, b) => a + b, 0)).toBeCloseTo(energy, 9);
        },
      ),
      { seed: 8, numRuns: 200 },
    );
    expect(head.value.names).toEqual(["f0", "f1", "f2", "reference"]);
  });
  it("a declared direction must be provable: all weights up, or it is refused by name", () => {
    const up = (sign: number): Uint8Array =>
      model(
        [node("Gemm", ["x", "w"], "h"), node("Tanh", ["h"], "t"), node("Gemm", ["t", "v"], "y")],
        [tensor("w", [3, 2], [1, 2, sign, 1, 1, 1]), tensor("v", [2, 1], [1, 1])],
      );
    expect(imported(up(1), request([1, 1, 1])).ok).toBe(true);
    const refused = imported(up(-1), request([1, 1, 1]));
    expect(!refused.ok && refused.error).toContain("direction of f1");
    expect(imported(up(-1), request([1, 0, 1])).ok).toBe(true);
  });
  it("names what it cannot run instead of guessing", () => {
    const refuse = (bytes: Uint8Array, words: string): void => {
      const made = parseOnnx(bytes, 3);
      expect(!made.ok && made.error, words).toContain(words);
    };
    const w = tensor("w", [3, 1], [1, 1, 1]);
    refuse(model([node("Conv", ["x", "w"], "y")], [w]), 'Conv "Conv_y" is no operator that can be imported');
    refuse(
      model([node("Gemm", ["x", "w"], "h"), node("Gemm", ["x", "w"], "y")], [w]),
      "only a chain of layers",
    );
    refuse(
      model([node("Gemm", ["x", "w"], "y")], [tensor("w", [2, 1], [1, 1])]),
      "expects 2 numbers, 3 come in",
    );
    refuse(
      model([node("Gemm", ["x", "w"], "y")], [tensor("w", [3, 2], [1, 1, 1, 1, 1, 1])]),
      "gives 2 numbers",
    );
    refuse(model([node("Gemm", ["x", "w"], "y")], [tensor("w", [3, 1], [1, 1])]), "holds 2 of 3 numbers");
    refuse(
      model([node("Gemm", ["x", "w"], "y")], [tensor("w", [3, 1], [1, Number.NaN, 1])]),
      "not a finite number",
    );
    refuse(
      model([node("Gemm", ["x", "w"], "h"), node("LeakyRelu", ["h"], "y", floatAttribute("alpha", -1))], [w]),
      "slope -1",
    );
    refuse(
      model([node("Gemm", ["x", "w"], "y")], [tensor("w", [1, 3, 1], [1, 1, 1])]),
      "only vectors and matrices",
    );
    refuse(model([node("Gemm", ["x", "w"], "h"), node("Tanh", ["h"], "y")], [w]), "not in tanh");
    refuse(new Uint8Array(0), "holds no graph");
  });
  it("damaged bytes are refused or give a network that still fits; nothing throws", () => {
    const bytes = good();
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: bytes.length - 1 }),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        (at, value, cut) => {
          const bad = cut ? bytes.slice(0, at) : bytes.slice();
          if (!cut) bad[at] = value;
          const made = imported(bad);
          return made.ok ? loadHead(made.value).ok : made.error.length > 0;
        },
      ),
      { seed: 9, numRuns: 1_500 },
    );
  });
  it("a feature file that is wrong is named", () => {
    const made = imported(good(), { ...request(), horizonMs: 0 });
    expect(!made.ok && made.error).toContain("horizonMs");
    const few = imported(good(), request([0, 0]));
    expect(!few.ok && few.error).toContain("expects 3 numbers, 2 come in");
  });
});
