import { table } from "../../core/base/table.ts";
import protobuf from "protobufjs";
import { err, ok, type Result } from "../../core/base/result.ts";
import type { Activation, Layer, NetworkModel } from "../../core/risk/index.ts";

/** The part of the public ONNX schema that a plain network needs; field numbers are the format's. */
const SCHEMA = `
syntax = "proto3";
message Attribute { string name = 1; float f = 2; int64 i = 3; repeated float floats = 7; repeated int64 ints = 8; }
message Node { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated Attribute attribute = 5; string domain = 7; }
message Tensor { repeated int64 dims = 1; int32 data_type = 2; repeated float float_data = 4; string name = 8; bytes raw_data = 9; repeated double double_data = 10; int32 data_location = 14; }
message ValueInfo { string name = 1; }
message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5; repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
message Model { int64 ir_version = 1; string producer_name = 2; Graph graph = 7; }
`;
const Model = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType("Model");
const BYTES_MAX = 64 * 1_048_576;
/** Messages, and numbers that are written one by one: each becomes an object of many times its bytes. */
const FIELDS_MAX = 262_144;
const NODES_MAX = 256;
const VALUES_MAX = 4_194_304;
const FLOAT = 1;
const DOUBLE = 11;
const EXTERNAL = 1;

interface Attribute {
  name: string;
  f: number;
  i: number;
  ints: number[];
}
interface Node {
  input: string[];
  output: string[];
  name: string;
  op_type: string;
  attribute: Attribute[];
}
interface Tensor {
  dims: number[];
  data_type: number;
  float_data: number[];
  double_data: number[];
  raw_data: Uint8Array;
  name: string;
  data_location: number;
}
interface Graph {
  node: Node[];
  initializer: Tensor[];
  input: { name: string }[];
  output: { name: string }[];
}
interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

const ACTIVATION_OF: Readonly<Record<string, Activation>> = table({
  Relu: "relu",
  Tanh: "tanh",
  Sigmoid: "sigmoid",
  Softplus: "softplus",
  Elu: "elu",
  LeakyRelu: "leaky_relu",
});
/** nodes that only pass a batch of one row on */
const PASSING = new Set(["Identity", "Flatten", "Reshape", "Squeeze", "Dropout", "Cast"]);

/** A network of dense layers out of an ONNX file. What it cannot run it names; it never guesses. */
export function parseOnnx(
  bytes: Uint8Array,
  inputs: number,
): Result<{ readonly layers: readonly Layer[]; readonly endsInProbability: boolean }, string> {
  if (bytes.length > BYTES_MAX) return err(`${bytes.length} bytes are more than a head may have`);
  if (fieldsIn(bytes, FIELDS_MAX) > FIELDS_MAX)
    return err(`more than ${FIELDS_MAX} fields: a plain network of dense layers has far fewer`);
  let graph: Graph | undefined;
  try {
    const plain = Model.toObject(Model.decode(bytes), {
      longs: Number,
      defaults: true,
      arrays: true,
      bytes: Uint8Array,
    }) as { graph?: Graph | null };
    graph = plain.graph ?? undefined;
  } catch (cause) {
    return err(`no ONNX file: ${(cause as Error).message}`);
  }
  if (graph === undefined || graph.node.length === 0) return err("no ONNX file: it holds no graph");
  if (graph.node.length > NODES_MAX)
    return err(`${graph.node.length} operators are more than a plain network has`);
  return walk(graph, inputs);
}

/** Fields whose content is made of fields again, by message: the way that leads down. */
const INSIDE = {
  Model: { 7: "Graph" },
  Graph: { 1: "Node", 5: "Tensor", 11: "Leaf", 12: "Leaf" },
  Node: { 5: "Leaf" },
  Tensor: {},
  Leaf: {},
} as const;
type Kind = keyof typeof INSIDE;
/** Lists of numbers that may be packed: at least a byte each. Weights lie here or in raw_data, which is kept as bytes. */
const PACKED: Readonly<Partial<Record<Kind, readonly number[]>>> = { Tensor: [1], Leaf: [7, 8] };

/** Counts what decoding would make objects of, without making any; stops above `most`. */
function fieldsIn(bytes: Uint8Array, most: number): number {
  let count = 0;
  const look = (from: number, to: number, kind: Kind): void => {
    let at = from;
    const varint = (): number => {
      let value = 0;
      for (let shift = 1; at < to; shift *= 128) {
        const byte = bytes[at++]!;
        value += (byte & 127) * shift;
        if (byte < 128) break;
      }
      return value;
    };
    while (at < to && count <= most) {
      const tag = varint();
      const field = Math.floor(tag / 8);
      count++;
      if (tag % 8 === 0) varint();
      else if (tag % 8 === 1) at += 8;
      else if (tag % 8 === 5) at += 4;
      else if (tag % 8 === 2) {
        const length = varint();
        const end = Math.min(to, at + length);
        const inner = (INSIDE[kind] as Readonly<Record<number, Kind>>)[field];
        if (inner !== undefined) look(at, end, inner);
        else if (PACKED[kind]?.includes(field) === true) count += end - at;
        at = end;
      } else return;
    }
  };
  look(0, bytes.length, "Model");
  return count;
}

/** Follows the one path from input to output. */
function walk(
  graph: Graph,
  inputs: number,
): Result<{ readonly layers: readonly Layer[]; readonly endsInProbability: boolean }, string> {
  const tensors = new Map<string, Matrix>();
  let total = 0;
  for (const tensor of graph.initializer) {
    const matrix = matrixOf(tensor);
    if (!matrix.ok) return matrix;
    total += matrix.value.values.length;
    if (total > VALUES_MAX) return err("more weights than a head may have");
    tensors.set(tensor.name, matrix.value);
  }
  const real = graph.input.filter((i) => !tensors.has(i.name));
  if (real.length !== 1 || graph.output.length !== 1)
    return err(`one input and one output are expected, found ${real.length} and ${graph.output.length}`);
  const state: Walk = { layers: [], width: inputs, current: real[0]?.name ?? "" };
  for (const node of graph.node) {
    const problem = take(node, tensors, state);
    if (problem !== null) return err(problem);
  }
  if (state.current !== graph.output[0]?.name)
    return err(`the output "${graph.output[0]?.name}" is not the end of the chain`);
  return finish(state);
}
interface Walk {
  layers: Layer[];
  width: number;
  current: string;
}
function take(node: Node, tensors: Map<string, Matrix>, state: Walk): string | null {
  const where = `${node.op_type} "${node.name === "" ? (node.output[0] ?? "") : node.name}"`;
  if (!node.input.includes(state.current))
    return `${where} does not follow on what came before: only a chain of layers can be imported`;
  const constants = node.input.filter((name) => name !== state.current).map((name) => tensors.get(name));
  const activation = ACTIVATION_OF[node.op_type];
  const problem =
    activation !== undefined
      ? activateLast(node, activation, state)
      : PASSING.has(node.op_type)
        ? null
        : compute(node, constants, state, where);
  state.current = node.output[0] ?? "";
  return problem;
}
function activateLast(node: Node, activation: Activation, state: Walk): string | null {
  const alpha = attribute(node, "alpha", activation === "leaky_relu" ? 0.01 : 1);
  const last = state.layers[state.layers.length - 1];
  if (!(alpha >= 0 && alpha <= 10)) return `${node.op_type} has the slope ${alpha}; 0 to 10 can be imported`;
  if (last === undefined || last.activation !== "identity")
    state.layers.push({ ...diagonal(state.width, 1, 0), activation, alpha });
  else state.layers[state.layers.length - 1] = { ...last, activation, alpha };
  return null;
}
function compute(
  node: Node,
  constants: readonly (Matrix | undefined)[],
  state: Walk,
  where: string,
): string | null {
  const [first, second] = constants;
  switch (node.op_type) {
    case "Gemm":
      return dense(
        first,
        second,
        attribute(node, "transB", 0) === 1,
        attribute(node, "alpha", 1),
        attribute(node, "beta", 1),
        attribute(node, "transA", 0),
        state,
        where,
      );
    case "MatMul":
      return node.input[0] === state.current
        ? dense(first, undefined, false, 1, 1, 0, state, where)
        : `${where} has its weights on the left`;
    case "Add":
    case "Sub":
      return shift(
        first,
        node.op_type === "Sub" ? -1 : 1,
        node.op_type === "Sub" && node.input[0] !== state.current,
        state,
        where,
      );
    case "Mul":
    case "Div":
      return stretch(
        first,
        node.op_type === "Div",
        node.op_type === "Div" && node.input[0] !== state.current,
        state,
        where,
      );
    default:
      return `${where} is no operator that can be imported; supported are Gemm, MatMul, Add, Sub, Mul, Div, ${Object.keys(ACTIVATION_OF).join(", ")}, ${[...PASSING].join(", ")}`;
  }
}
function dense(
  weights: Matrix | undefined,
  bias: Matrix | undefined,
  transposed: boolean,
  alpha: number,
  beta: number,
  transA: number,
  state: Walk,
  where: string,
): string | null {
  if (weights === undefined) return `${where} has no constant weights`;
  if (transA !== 0) return `${where} turns its input round`;
  const [inputs, outputs] = transposed ? [weights.columns, weights.rows] : [weights.rows, weights.columns];
  if (inputs !== state.width) return `${where} expects ${inputs} numbers, ${state.width} come in`;
  if (bias !== undefined && bias.values.length !== outputs && bias.values.length !== 1)
    return `${where} has ${bias.values.length} biases for ${outputs} outputs`;
  const values: number[] = [];
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++)
      values.push(alpha * (weights.values[transposed ? o * inputs + i : i * outputs + o] as number));
  const offsets = Array.from({ length: outputs }, (_, o) =>
    bias === undefined ? 0 : beta * (bias.values[bias.values.length === 1 ? 0 : o] as number),
  );
  state.layers.push({ inputs, outputs, weights: values, bias: offsets, activation: "identity", alpha: 1 });
  state.width = outputs;
  return null;
}
function shift(
  by: Matrix | undefined,
  sign: number,
  turned: boolean,
  state: Walk,
  where: string,
): string | null {
  if (by === undefined || turned) return `${where} does not add constants to the chain`;
  if (by.values.length !== state.width && by.values.length !== 1)
    return `${where} adds ${by.values.length} numbers to ${state.width}`;
  const last = linearLast(state);
  const at = (o: number): number => sign * (by.values[by.values.length === 1 ? 0 : o] as number);
  state.layers[state.layers.length - 1] = { ...last, bias: last.bias.map((b, o) => b + at(o)) };
  return null;
}
function stretch(
  by: Matrix | undefined,
  divide: boolean,
  turned: boolean,
  state: Walk,
  where: string,
): string | null {
  if (by === undefined || turned) return `${where} does not scale the chain by constants`;
  if (by.values.length !== state.width && by.values.length !== 1)
    return `${where} scales ${state.width} numbers by ${by.values.length}`;
  const last = linearLast(state);
  const at = (o: number): number => {
    const value = by.values[by.values.length === 1 ? 0 : o] as number;
    return divide ? 1 / value : value;
  };
  if (last.bias.some((_, o) => !Number.isFinite(at(o)))) return `${where} divides by zero`;
  state.layers[state.layers.length - 1] = {
    ...last,
    weights: last.weights.map((w, k) => w * at(Math.floor(k / last.inputs))),
    bias: last.bias.map((b, o) => b * at(o)),
  };
  return null;
}
/** the last layer if it has no activation yet, else a new one that changes nothing */
function linearLast(state: Walk): Layer {
  const last = state.layers[state.layers.length - 1];
  if (last !== undefined && last.activation === "identity") return last;
  const made = diagonal(state.width, 1, 0);
  state.layers.push(made);
  return made;
}
function diagonal(width: number, scale: number, offset: number): Layer {
  const weights = Array.from({ length: width * width }, (_, k) =>
    Math.floor(k / width) === k % width ? scale : 0,
  );
  return {
    inputs: width,
    outputs: width,
    weights,
    bias: new Array<number>(width).fill(offset),
    activation: "identity",
    alpha: 1,
  };
}

/** V_s is never negative: a final sigmoid gives way to softplus, whose value is -ln(1 - p) of the same p. */
function finish({
  layers,
  width,
}: Walk): Result<{ readonly layers: readonly Layer[]; readonly endsInProbability: boolean }, string> {
  const last = layers[layers.length - 1];
  if (last === undefined || width !== 1) return err(`the network gives ${width} numbers; a head gives one`);
  const endsInProbability = last.activation === "sigmoid";
  const kept = last.activation === "relu" || last.activation === "softplus";
  if (!kept && !endsInProbability && last.activation !== "identity")
    return err(`a head may end in Sigmoid, Softplus, Relu or a plain sum, not in ${last.activation}`);
  const closed = kept ? layers : [...layers.slice(0, -1), { ...last, activation: "softplus" as const }];
  const broken = closed.some(
    (l) => l.weights.some((w) => !Number.isFinite(w)) || l.bias.some((b) => !Number.isFinite(b)),
  );
  return broken ? err("a weight is not a finite number") : ok({ layers: closed, endsInProbability });
}

function matrixOf(tensor: Tensor): Result<Matrix, string> {
  const name = tensor.name;
  if (tensor.data_location === EXTERNAL) return err(`weights of "${name}" lie in another file`);
  const count = tensor.dims.reduce((a, b) => a * b, 1);
  if (tensor.dims.length > 2 || tensor.dims.some((d) => !(d >= 0)) || count > VALUES_MAX)
    return err(
      `tensor "${name}" has the shape [${tensor.dims.join(", ")}]; only vectors and matrices can be imported`,
    );
  // shapes and axes of passing nodes are whole numbers and do not matter
  if (tensor.data_type !== FLOAT && tensor.data_type !== DOUBLE)
    return ok({ rows: 0, columns: 0, values: new Float64Array(0) });
  const values = valuesOf(tensor);
  if (values.length !== count)
    return err(`tensor "${name}" holds ${values.length} of ${count} numbers: the file is damaged`);
  const [rows, columns] =
    tensor.dims.length === 2 ? [tensor.dims[0] as number, tensor.dims[1] as number] : [1, count];
  return ok({ rows, columns, values });
}
function valuesOf(tensor: Tensor): Float64Array {
  const { raw_data: raw, data_type } = tensor;
  if (raw.length === 0)
    return Float64Array.from(data_type === FLOAT ? tensor.float_data : tensor.double_data);
  const bytes = data_type === FLOAT ? 4 : 8;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Float64Array.from({ length: Math.floor(raw.length / bytes) }, (_, i) =>
    bytes === 4 ? view.getFloat32(i * 4, true) : view.getFloat64(i * 8, true),
  );
}
function attribute(node: Node, name: string, fallback: number): number {
  const found = node.attribute.find((a) => a.name === name);
  if (found === undefined) return fallback;
  return name.startsWith("trans") ? found.i : found.f;
}

/** A network that reads features as they are. */
export const networkOf = (
  layers: readonly Layer[],
  inputs: number,
  mean?: readonly number[],
  scale?: readonly number[],
): NetworkModel => ({
  kind: "network",
  mean: mean ?? new Array<number>(inputs).fill(0),
  scale: scale ?? new Array<number>(inputs).fill(1),
  layers,
  reference: mean ?? new Array<number>(inputs).fill(0),
});
