import { err, ok, type Result } from "../../core/base/result.ts";

const BLOCK_MAGIC_HIGH = 0x314159;
const BLOCK_MAGIC_LOW = 0x265359;
const END_MAGIC_HIGH = 0x177245;
const MAX_CODE_BITS = 20;
const GROUP_SYMBOLS = 50;
const RUN_A = 0;
const RUN_B = 1;
const LEVEL_BYTES = 100_000;

/** Reads bits from the most significant one down. */
class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #held = 0;
  #count = 0;
  ended = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  bits(n: number): number {
    while (this.#count < n) {
      if (this.#at >= this.#bytes.length) {
        this.ended = true;
        return 0;
      }
      // never more than 31 bits are held: 7 left over and 24 asked for
      this.#held = ((this.#held << 8) | (this.#bytes[this.#at++] as number)) & 0x7fffffff;
      this.#count += 8;
    }
    this.#count -= n;
    return (this.#held >>> this.#count) & ((1 << n) - 1);
  }
}

/** A canonical Huffman code as limits per length: bzip2 has at most 258 symbols. */
interface HuffmanCode {
  readonly least: number;
  readonly limits: Int32Array;
  readonly bases: Int32Array;
  readonly symbols: Int32Array;
}
function codeOf(lengths: Uint8Array): HuffmanCode {
  const counts = new Int32Array(MAX_CODE_BITS + 2);
  for (const length of lengths) counts[length]!++;
  const symbols: number[] = [];
  for (let length = 1; length <= MAX_CODE_BITS; length++)
    lengths.forEach((own, symbol) => {
      if (own === length) symbols.push(symbol);
    });
  const limits = new Int32Array(MAX_CODE_BITS + 2).fill(-1);
  const bases = new Int32Array(MAX_CODE_BITS + 2);
  let code = 0;
  let place = 0;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    bases[length] = place - code;
    code += counts[length] as number;
    place += counts[length] as number;
    limits[length] = code - 1;
    code <<= 1;
  }
  const least = lengths.reduce((min, length) => Math.min(min, length), MAX_CODE_BITS);
  return { least, limits, bases, symbols: Int32Array.from(symbols) };
}
/** The next symbol, −1 for a code that does not exist. */
function symbolOf(reader: BitReader, code: HuffmanCode): number {
  let length = code.least;
  let value = reader.bits(length);
  while (length <= MAX_CODE_BITS && value > (code.limits[length] as number)) {
    if (reader.ended) return -1;
    value = (value << 1) | reader.bits(1);
    length++;
  }
  const place = value + (code.bases[length] as number);
  return length > MAX_CODE_BITS || place < 0 || place >= code.symbols.length
    ? -1
    : (code.symbols[place] as number);
}

/** Decodes one bzip2 stream to at most `maxBytes`. Checksums of the blocks are left to what is inside. */
export function decodeBzip2(bytes: Uint8Array, maxBytes: number): Result<Uint8Array, string> {
  const reader = new BitReader(bytes);
  const level = bytes[3] === undefined ? 0 : bytes[3] - 0x30;
  if (reader.bits(24) !== 0x425a68 || level < 1 || level > 9) return err("bzip2: no stream");
  reader.bits(8);
  const block = new Uint32Array(level * LEVEL_BYTES);
  let out = new Uint8Array(Math.min(maxBytes, Math.max(1_024, bytes.length * 8)));
  let used = 0;
  for (;;) {
    const [high, low] = [reader.bits(24), reader.bits(24)];
    if (high === END_MAGIC_HIGH) return ok(out.subarray(0, used));
    if (high !== BLOCK_MAGIC_HIGH || low !== BLOCK_MAGIC_LOW || reader.ended)
      return err("bzip2: a damaged block or an early end");
    reader.bits(24);
    reader.bits(8);
    if (reader.bits(1) === 1) return err("bzip2: a randomised block, which no writer makes since 1997");
    const origin = reader.bits(24);
    const count = readBlock(reader, block);
    if (count < 0 || origin >= count) return err("bzip2: a damaged block");
    turnBack(block, count);
    const put = (byte: number, times: number): boolean => {
      if (used + times > maxBytes) return false;
      if (used + times > out.length) {
        const bigger = new Uint8Array(Math.min(maxBytes, Math.max(out.length * 2, used + times)));
        bigger.set(out.subarray(0, used));
        out = bigger;
      }
      out.fill(byte, used, used + times);
      used += times;
      return true;
    };
    if (!unroll(block, count, origin, put)) return err(`bzip2: unpacks to more than ${maxBytes} bytes`);
  }
}

/** Tables, selectors and symbols of one block; gives the number of bytes, −1 for damage. */
function readBlock(reader: BitReader, block: Uint32Array): number {
  const used = usedBytes(reader);
  const groups = reader.bits(3);
  const selectorCount = reader.bits(15);
  if (used.length === 0 || groups < 2 || groups > 6 || selectorCount === 0) return -1;
  const order = Array.from({ length: groups }, (_, i) => i);
  const selectors = new Uint8Array(selectorCount);
  for (let i = 0; i < selectorCount; i++) {
    let place = 0;
    while (reader.bits(1) === 1) if (++place >= groups) return -1;
    const [group] = order.splice(place, 1) as [number];
    order.unshift(group);
    selectors[i] = group;
  }
  const codes: HuffmanCode[] = [];
  for (let group = 0; group < groups; group++) {
    const lengths = codeLengths(reader, used.length + 2);
    if (lengths === null) return -1;
    codes.push(codeOf(lengths));
  }
  return reader.ended ? -1 : readSymbols(reader, block, used, selectors, codes);
}
function usedBytes(reader: BitReader): number[] {
  const rows = reader.bits(16);
  const used: number[] = [];
  for (let row = 0; row < 16; row++) {
    if ((rows & (0x8000 >> row)) === 0) continue;
    const columns = reader.bits(16);
    for (let column = 0; column < 16; column++)
      if ((columns & (0x8000 >> column)) !== 0) used.push(row * 16 + column);
  }
  return used;
}
function codeLengths(reader: BitReader, symbols: number): Uint8Array | null {
  const lengths = new Uint8Array(symbols);
  let length = reader.bits(5);
  for (let i = 0; i < symbols; i++) {
    while (reader.bits(1) === 1) {
      length += reader.bits(1) === 1 ? -1 : 1;
      if (reader.ended) return null;
    }
    if (length < 1 || length > MAX_CODE_BITS) return null;
    lengths[i] = length;
  }
  return lengths;
}
/** Symbols are places in a list that moves what was used to its front; the two lowest spell lengths of runs. */
function readSymbols(
  reader: BitReader,
  block: Uint32Array,
  front: number[],
  selectors: Uint8Array,
  codes: readonly HuffmanCode[],
): number {
  const end = front.length + 1;
  let count = 0;
  let run = 0;
  let weight = 1;
  for (let read = 0; ; read++) {
    const selector = selectors[Math.floor(read / GROUP_SYMBOLS)];
    if (selector === undefined || reader.ended) return -1;
    const symbol = symbolOf(reader, codes[selector] as HuffmanCode);
    if (symbol < 0) return -1;
    if (symbol === RUN_A || symbol === RUN_B) {
      run += weight * (symbol + 1);
      weight *= 2;
      if (run > block.length) return -1;
      continue;
    }
    if (count + run > block.length) return -1;
    block.fill(front[0] as number, count, count + run);
    count += run;
    run = 0;
    weight = 1;
    if (symbol === end) return count;
    if (count >= block.length) return -1;
    const [byte] = front.splice(symbol - 1, 1) as [number];
    front.unshift(byte);
    block[count++] = byte;
  }
}
/** Undoes the sorting: the upper bits of each entry become the place of the byte that follows. */
function turnBack(block: Uint32Array, count: number): void {
  const starts = new Uint32Array(256);
  for (let i = 0; i < count; i++) starts[block[i] as number]!++;
  let sum = 0;
  for (let byte = 0; byte < 256; byte++) {
    const own = starts[byte] as number;
    starts[byte] = sum;
    sum += own;
  }
  for (let i = 0; i < count; i++) {
    const place = starts[(block[i] as number) & 0xff]!++;
    block[place] = ((block[place] as number) & 0xff) | (i << 8);
  }
}
/** Follows the places; four equal bytes are followed by how often the byte comes again. */
function unroll(
  block: Uint32Array,
  count: number,
  origin: number,
  put: (byte: number, times: number) => boolean,
): boolean {
  let place = (block[origin] as number) >>> 8;
  let last = -1;
  let same = 0;
  for (let i = 0; i < count; i++) {
    const entry = block[place] as number;
    const byte = entry & 0xff;
    place = entry >>> 8;
    if (same === 4) {
      if (!put(last, byte)) return false;
      same = 0;
      last = -1;
      continue;
    }
    same = byte === last ? same + 1 : 1;
    last = byte;
    if (!put(byte, 1)) return false;
  }
  return true;
}
