import { createHash } from "node:crypto";
import { createBLAKE3 } from "hash-wasm";
import { describe, expect, it } from "vitest";
import { bytesOfHex, dualHash, hexOf, pureHasher, sha256Hex } from "../../../src/core/base/hash.ts";
import { utf8Bytes } from "../../../src/core/base/utf8.ts";

/** The official BLAKE3 vectors hash the bytes 0, 1, … 250, 0, 1, … of these lengths. */
const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);
const LENGTHS = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 2048, 2049, 3072, 3073, 4096, 4097,
  5120, 5121, 6144, 6145, 7168, 7169, 8192, 8193, 16384, 31744, 102400,
];

describe("hash", () => {
  it("SHA-256 and BLAKE3 of nothing and of abc are the published ones", () => {
    const empty = new Uint8Array();
    expect(sha256Hex(empty)).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(hexOf(pureHasher.blake3(empty))).toBe(
      "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    );
    expect(dualHash(utf8Bytes("abc"))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad:" +
        "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
    );
  });

  it("two independent implementations agree on the official lengths", async () => {
    const wasm = await createBLAKE3();
    for (const length of LENGTHS) {
      const bytes = pattern(length);
      expect(hexOf(pureHasher.blake3(bytes)), `blake3 ${length}`).toBe(
        wasm.init().update(bytes).digest("hex"),
      );
      expect(sha256Hex(bytes), `sha256 ${length}`).toBe(createHash("sha256").update(bytes).digest("hex"));
    }
  });

  it("hexadecimal reads back; anything else is null", () => {
    expect([...bytesOfHex("00ff10")!]).toEqual([0, 255, 16]);
    for (const bad of ["0", "0g", "AB", " 00"]) expect(bytesOfHex(bad)).toBeNull();
  });
});
