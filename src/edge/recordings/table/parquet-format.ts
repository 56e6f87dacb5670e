import * as zlib from "node:zlib";
import type { ByteSink } from "../byte-sink.ts";
import type { Cells, Column, TableFormat } from "./columns.ts";
import { encodeStruct, type Struct } from "./compact-thrift.ts";
import { DICTIONARY, pageOf, PLAIN } from "./parquet-pages.ts";

const MAGIC = Uint8Array.from([0x50, 0x41, 0x52, 0x31]);
const INT64 = 2;
const DOUBLE = 5;
const BYTE_ARRAY = 6;
const REQUIRED = 0;
const OPTIONAL = 1;
const REPEATED = 2;
const CONVERTED = { text: 0, list: 3, time: 10 } as const;
const RLE = 3;
const FASTEST = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } };
/** zstd where the runtime brings it, else gzip; both at their fastest. Every reader of Parquet knows both. */
const CODEC =
  typeof zlib.zstdCompressSync === "function"
    ? { id: 6, pack: (bytes: Uint8Array): Uint8Array => zlib.zstdCompressSync(bytes, FASTEST) }
    : { id: 2, pack: (bytes: Uint8Array): Uint8Array => zlib.gzipSync(bytes, { level: 1 }) };

const physicalOf = ({ type }: Column): number =>
  type === "text" ? BYTE_ARRAY : type === "micros" || type === "time" ? INT64 : DOUBLE;
const pathOf = ({ name, type }: Column): string[] =>
  type === "numbers" ? [name, "list", "element"] : [name];

/** A Parquet file: row groups as they come, and at the end what stands where. */
export class ParquetFormat implements TableFormat {
  readonly #sink: ByteSink;
  readonly #columns: readonly Column[];
  readonly #by: string;
  readonly #groups: Struct[] = [];
  #at = 0;
  #rows = 0;

  constructor(sink: ByteSink, columns: readonly Column[], by: string) {
    this.#sink = sink;
    this.#columns = columns;
    this.#by = by;
  }
  #write(bytes: Uint8Array): void {
    this.#sink.write(bytes);
    this.#at += bytes.length;
  }
  head(): void {
    this.#write(MAGIC);
  }
  group(cells: readonly Cells[], rows: number): void {
    const from = this.#at;
    const chunks = this.#columns.map((column, i) => this.#column(column, cells[i]!, rows));
    this.#groups.push([
      [1, ["list", "struct", chunks]],
      [2, ["i64", this.#at - from]],
      [3, ["i64", rows]],
    ]);
    this.#rows += rows;
  }
  #column(column: Column, cells: Cells, rows: number): Struct {
    const isWhole = column.type === "micros" || column.type === "time";
    const page = pageOf(cells, rows, isWhole);
    const start = this.#at;
    let unpacked = 0;
    let dictionaryAt = -1;
    if (page.dictionary !== null) {
      dictionaryAt = this.#at;
      const { bytes, values } = page.dictionary;
      unpacked += this.#page(bytes, 2, [
        [
          7,
          [
            "struct",
            [
              [1, ["i32", values]],
              [2, ["i32", PLAIN]],
            ],
          ],
        ],
      ]);
    }
    const pageAt = this.#at;
    const about: Struct = [
      [1, ["i32", page.values]],
      [2, ["i32", page.encoding]],
      [3, ["i32", RLE]],
      [4, ["i32", RLE]],
    ];
    unpacked += this.#page(page.bytes, 0, [[5, ["struct", about]]]);
    const meta: Struct = [
      [1, ["i32", physicalOf(column)]],
      [2, ["list", "i32", page.encoding === DICTIONARY ? [PLAIN, RLE, DICTIONARY] : [PLAIN, RLE]]],
      [3, ["list", "binary", pathOf(column)]],
      [4, ["i32", CODEC.id]],
      [5, ["i64", page.values]],
      [6, ["i64", unpacked]],
      [7, ["i64", this.#at - start]],
      [9, ["i64", pageAt]],
      ...(dictionaryAt < 0 ? [] : ([[11, ["i64", dictionaryAt]]] as const)),
    ];
    return [
      [2, ["i64", start]],
      [3, ["struct", meta]],
    ];
  }
  /** Size before packing, its head included. */
  #page(bytes: Uint8Array, type: number, about: Struct): number {
    const packed = CODEC.pack(bytes);
    const head = encodeStruct([
      [1, ["i32", type]],
      [2, ["i32", bytes.length]],
      [3, ["i32", packed.length]],
      ...about,
    ]);
    this.#write(head);
    this.#write(packed);
    return head.length + bytes.length;
  }
  end(): void {
    const meta = encodeStruct([
      [1, ["i32", 1]],
      [2, ["list", "struct", schemaOf(this.#columns)]],
      [3, ["i64", this.#rows]],
      [4, ["list", "struct", this.#groups]],
      [6, ["binary", this.#by]],
    ]);
    const tail = new Uint8Array(8);
    new DataView(tail.buffer).setUint32(0, meta.length, true);
    tail.set(MAGIC, 4);
    this.#write(meta);
    this.#write(tail);
  }
}

function schemaOf(columns: readonly Column[]): Struct[] {
  const root: Struct = [
    [4, ["binary", "run"]],
    [5, ["i32", columns.length]],
  ];
  return [root, ...columns.flatMap(elementsOf)];
}
function elementsOf(column: Column): Struct[] {
  const { name, type } = column;
  if (type === "numbers")
    return [
      [
        [3, ["i32", REQUIRED]],
        [4, ["binary", name]],
        [5, ["i32", 1]],
        [6, ["i32", CONVERTED.list]],
      ],
      [
        [3, ["i32", REPEATED]],
        [4, ["binary", "list"]],
        [5, ["i32", 1]],
      ],
      [
        [1, ["i32", DOUBLE]],
        [3, ["i32", REQUIRED]],
        [4, ["binary", "element"]],
      ],
    ];
  return [
    [
      [1, ["i32", physicalOf(column)]],
      [3, ["i32", OPTIONAL]],
      [4, ["binary", name]],
      ...(type === "text" || type === "time" ? ([[6, ["i32", CONVERTED[type]]]] as const) : []),
    ],
  ];
}
