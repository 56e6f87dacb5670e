import { err, ok, type Result } from "../../core/base/result.ts";

/** LZ4 frames (magic 0x184D2204), as MCAP chunks use them. */
const FRAME_MAGIC = 0x184d2204;
const MIN_MATCH = 4;
/** a block of the largest kind in the frame format */
const MAX_BLOCK_BYTES = 4 * 1_048_576;

/** Decodes one frame to at most `maxBytes`; the block checksums are left to the container's CRC. */
export function decodeLz4Frame(bytes: Uint8Array, maxBytes: number): Result<Uint8Array, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = readHead(view);
  if (typeof head === "string") return err(`lz4: ${head}`);
  const out = new Uint8Array(Math.min(maxBytes, bytes.length * 255));
  let used = 0;
  let at = head.length;
  for (;;) {
    if (at + 4 > bytes.length) return err("lz4: the frame ends early");
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) return ok(out.subarray(0, used));
    const size = word & 0x7fffffff;
    if (size > MAX_BLOCK_BYTES || at + size > bytes.length) return err("lz4: a block exceeds the frame");
    const raw = word >>> 31 === 1;
    used = raw ? copyRaw(bytes, at, size, out, used) : decodeBlock(bytes, at, at + size, out, used);
    if (used < 0) return err("lz4: a damaged block");
    at += size + (head.blockChecksum ? 4 : 0);
  }
}
function readHead(view: DataView): { length: number; blockChecksum: boolean } | string {
  if (view.byteLength < 7 || view.getUint32(0, true) !== FRAME_MAGIC) return "no frame";
  const flags = view.getUint8(4);
  if (flags >> 6 !== 1) return "unknown version of the frame";
  if ((flags & 1) !== 0) return "frames with a dictionary are not supported";
  const length = 7 + ((flags & 8) !== 0 ? 8 : 0);
  return length > view.byteLength ? "the head ends early" : { length, blockChecksum: (flags & 16) !== 0 };
}
function copyRaw(bytes: Uint8Array, at: number, size: number, out: Uint8Array, used: number): number {
  if (used + size > out.length) return -1;
  out.set(bytes.subarray(at, at + size), used);
  return used + size;
}

/** Decodes one block behind `used` bytes of `out`; gives the new end, or −1 for damage. */
export function decodeBlock(
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  used: number,
): number {
  let at = from;
  while (at < to) {
    const token = bytes[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      for (let more = 255; more === 255; literals += more) {
        if (at >= to) return -1;
        more = bytes[at++]!;
      }
    }
    if (at + literals > to || used + literals > out.length) return -1;
    for (const end = at + literals; at < end; ) out[used++] = bytes[at++]!;
    if (at === to) return used;
    if (at + 2 > to) return -1;
    const distance = bytes[at]! | (bytes[at + 1]! << 8);
    at += 2;
    let match = token & 15;
    if (match === 15) {
      for (let more = 255; more === 255; match += more) {
        if (at >= to) return -1;
        more = bytes[at++]!;
      }
    }
    match += MIN_MATCH;
    if (distance === 0 || distance > used || used + match > out.length) return -1;
    for (const end = used + match; used < end; used++) out[used] = out[used - distance]!;
  }
  return used;
}
