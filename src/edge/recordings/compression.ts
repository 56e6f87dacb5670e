import * as zlib from "node:zlib";
import { err, ok, type Result } from "../../core/base/result.ts";
import { decodeLz4Frame } from "./lz4.ts";

/** Node has zstd since 22.15; on an older one such bags are refused with words. */
const hasZstd = typeof zlib.zstdDecompressSync === "function";
/** Chunks are small in practice; larger claims are damage or malice. */
export const MAX_CHUNK_BYTES = 64 * 1_048_576;
/** A chunk of nothing but zeros may shrink to almost nothing, but not every chunk may be a large one of them. */
const SMALL_BYTES = 16 * 1_048_576;
const FAST_LEVEL = 3;
/** a claim beyond this ratio is only believed as the bytes come out */
export const BELIEVED_RATIO = 64;

export function compressChunk(compression: "zstd", bytes: Uint8Array): Uint8Array | null {
  if (!hasZstd || compression !== "zstd") return null;
  return zlib.zstdCompressSync(bytes, { params: { [zlib.constants.ZSTD_c_compressionLevel]: FAST_LEVEL } });
}

/** Why a claimed size is not believed of so many packed bytes; null: it is. */
export function unbelievable(size: number, packed: number): string | null {
  if (size > MAX_CHUNK_BYTES) return `claims ${size} bytes unpacked, at most ${MAX_CHUNK_BYTES} are believed`;
  if (size > SMALL_BYTES && size > packed * BELIEVED_RATIO)
    return `claims ${size} bytes out of ${packed}, at most ${BELIEVED_RATIO} times as many are believed`;
  return null;
}
/** What may come out of one packed piece whose size nobody states. */
export const mostOutOf = (packed: number): number =>
  Math.min(MAX_CHUNK_BYTES, Math.max(SMALL_BYTES, packed * BELIEVED_RATIO));
/** What may come out of a whole file, everything that is unpacked again included. */
export const workFor = (fileBytes: number): number => 64 * 1_048_576 + fileBytes * 32;
/** What a packed file may unpack to, beside other temporary files. */
export const mostOfFile = (fileBytes: number): number => 64 * 1_048_576 + fileBytes * 16;

/** Unpacks one chunk to exactly `size` bytes; the claimed size is never allocated on its word alone. */
export function unpackChunk(
  compression: string,
  bytes: Uint8Array,
  size: number,
): Result<Uint8Array, string> {
  if (compression === "")
    return bytes.length === size ? ok(bytes) : err(`holds ${bytes.length} bytes instead of ${size}`);
  const wrong = unbelievable(size, bytes.length);
  if (wrong !== null) return err(wrong);
  const unpacked =
    compression === "zstd"
      ? unzstd(bytes, size, size)
      : compression === "lz4"
        ? decodeLz4Frame(bytes, size)
        : err(`compression "${compression.slice(0, 20)}" is not known`);
  if (!unpacked.ok) return unpacked;
  return unpacked.value.length === size
    ? unpacked
    : err(`unpacks to ${unpacked.value.length} bytes instead of ${size}`);
}

/** One output buffer of the claimed size: the library's default of 16 KiB pieces costs more than unpacking. */
const MAX_PIECE_BYTES = 64 * 1_048_576;
const MIN_PIECE_BYTES = 64;

export function unzstd(bytes: Uint8Array, maxBytes: number, expected = 0): Result<Uint8Array, string> {
  if (!hasZstd) return err("zstd needs Node.js 22.15 or later");
  const believed = Math.min(expected, bytes.length * BELIEVED_RATIO);
  const chunkSize = Math.max(MIN_PIECE_BYTES, Math.min(MAX_PIECE_BYTES, believed === 0 ? 16_384 : believed));
  try {
    return ok(zlib.zstdDecompressSync(bytes, { chunkSize, maxOutputLength: Math.max(1, maxBytes) }));
  } catch (cause) {
    return err(`zstd: ${(cause as Error).message}`);
  }
}
