import { createRequire } from "node:module";

/**
 * Unpacks into a buffer that is used again and again; gives the unpacked size, or −1. The machine's own
 * libzstd does it in one call, where the runtime's library goes through a stream and a fresh buffer for
 * every chunk. Null without that library: then the runtime's one is used, with the same bytes as a result.
 */
export type NativeZstd = (target: Uint8Array, packed: Uint8Array) => number;

/** Versions before this one have another idea of contexts. */
const MIN_VERSION = 10_400;
const NAMES: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: "libzstd.so.1",
  darwin: "libzstd.1.dylib",
};

let loaded: NativeZstd | null | undefined;
export function nativeZstd(): NativeZstd | null {
  if (loaded === undefined) loaded = load();
  return loaded;
}

function load(): NativeZstd | null {
  const name = NAMES[process.platform];
  if (name === undefined) return null;
  try {
    const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
    const library = koffi.load(name);
    const version = library.func("unsigned int ZSTD_versionNumber()") as () => number;
    if (version() < MIN_VERSION) return null;
    const context = (library.func("void *ZSTD_createDCtx()") as () => unknown)();
    const unpack = library.func(
      "size_t ZSTD_decompressDCtx(void *, void *, size_t, const void *, size_t)",
    ) as (...args: unknown[]) => number;
    const isError = library.func("unsigned int ZSTD_isError(size_t)") as (code: number | bigint) => number;
    return (target, packed) => {
      const size = unpack(context, target, target.length, packed, packed.length);
      return size <= target.length && isError(size) === 0 ? Number(size) : -1;
    };
  } catch {
    // neither koffi nor the library is needed to read a bag
    return null;
  }
}
