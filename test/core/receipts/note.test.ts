import { generateKeyPairSync, sign } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { pureHasher } from "../../../src/core/base/hash.ts";
import { createLedgerCrypto, type LedgerCrypto, rawPublicKey } from "../../../src/edge/ledger/crypto.ts";
import {
  base64Of,
  checkpointText,
  cosignatureMessage,
  formatSignature,
  formatTlogProof,
  KEY_COSIGNATURE,
  noteKey,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  parseTlogProof,
  parseVkey,
  signNote,
  verifyNote,
  vkeyOf,
} from "../../../src/core/receipts/index.ts";
import * as vectors from "./vectors.ts";

let crypto: LedgerCrypto;
beforeAll(async () => {
  crypto = await createLedgerCrypto();
});
const vkey = (text: string) => {
  const key = parseVkey(pureHasher, text);
  if (!key.ok) throw new Error(key.error);
  return key.value;
};
const accepts = (note: string, ...keys: string[]): boolean => {
  const parsed = parseNote(note);
  return parsed.ok && verifyNote(crypto, parsed.value, keys.map(vkey)).ok;
};

describe("signed notes (C2SP)", () => {
  it("verifies the example of the specification and writes its key down again", () => {
    expect(accepts(vectors.NOTE, vectors.NOTE_KEY)).toBe(true);
    expect(vkeyOf(vkey(vectors.NOTE_KEY))).toBe(vectors.NOTE_KEY);
  });

  it("verifies sixteen checkpoints of a public log", () => {
    for (const [size, root] of vectors.LOG_ROOTS.entries()) {
      const note = `${vectors.LOG_ORIGIN}\n${size}\n${root}\n\n— ${vectors.LOG_ORIGIN} ${vectors.LOG_SIGNATURES[size]}\n`;
      const opened = openCheckpoint(crypto, note, [vkey(vectors.LOG_KEY)]);
      expect(opened).toMatchObject({ ok: true, value: { origin: vectors.LOG_ORIGIN, size: BigInt(size) } });
      expect(opened.ok && checkpointText(opened.value)).toBe(`${vectors.LOG_ORIGIN}\n${size}\n${root}\n`);
    }
  });

  it("refuses every changed character of a signed note", () => {
    for (let i = 0; i < vectors.NOTE.length; i++) {
      const changed =
        vectors.NOTE.slice(0, i) + (vectors.NOTE[i] === "x" ? "y" : "x") + vectors.NOTE.slice(i + 1);
      expect(accepts(changed, vectors.NOTE_KEY), `character ${i}`).toBe(false);
    }
  });

  it.each([
    ["no signatures", "text\n"],
    ["no newline at the end", "text\n\n— a AAAAAAA="],
    ["no empty line", "text\n— a AAAAAAA=\n"],
    ["no dash", "text\n\n- a AAAAAAA=\n"],
    ["no name", "text\n\n—  AAAAAAA=\n"],
    ["a plus in the name", "text\n\n— a+b AAAAAAA=\n"],
    ["a third word", "text\n\n— a AAAAAAA= b\n"],
    ["not base 64", "text\n\n— a !!!!\n"],
    ["a key id and nothing else", "text\n\n— a AAAAAA==\n"],
    ["a control character", "te\u0001xt\n\n— a AAAAAAA=\n"],
    ["half a surrogate pair", "te\ud800xt\n\n— a AAAAAAA=\n"],
    ["too many signatures", `text\n\n${"— a AAAAAAA=\n".repeat(101)}`],
  ])("does not read a note with %s", (_name, note) => expect(parseNote(note).ok).toBe(false));

  it("passes over unknown keys, and is spoilt by a wrong signature of a known one", () => {
    const unknown = "— stranger AAAAAAA=\n";
    expect(accepts(vectors.NOTE + unknown, vectors.NOTE_KEY)).toBe(true);
    const wrong = formatSignature({
      name: "example.com/foo",
      keyId: "530d903a",
      signature: new Uint8Array(64),
    });
    expect(accepts(vectors.NOTE + wrong, vectors.NOTE_KEY)).toBe(false);
    expect(accepts(vectors.NOTE, vectors.LOG_KEY)).toBe(false);
  });

  it.each([
    "",
    "a",
    "a+b",
    "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    "example.com/foo+530d903a+AekyeRrm",
    "a b+00000000+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    "example.com/foo+530d903a+BukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
  ])("refuses the key %j", (text) => expect(parseVkey(pureHasher, text).ok).toBe(false));

  it("a witness's cosignature covers its time and the whole checkpoint", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const key = noteKey(pureHasher, "witness.example", rawPublicKey(publicKey), KEY_COSIGNATURE);
    const text = `log\n1\n${vectors.CT_ROOTS[1]}\n`;
    const signed = (seconds: bigint, over = text): string => {
      const bytes = Buffer.alloc(72);
      bytes.writeBigUInt64BE(seconds);
      sign(null, cosignatureMessage(over, seconds), privateKey).copy(bytes, 8);
      return `${text}\n${formatSignature({ name: key.name, keyId: key.keyId, signature: bytes })}`;
    };
    expect(openCheckpoint(crypto, signed(1_700_000_000n), [key]).ok).toBe(true);
    expect(openCheckpoint(crypto, signed(1n << 63n), [key]).ok).toBe(false);
    expect(openCheckpoint(crypto, signed(1n, `${text}x\n`), [key]).ok).toBe(false);
    expect(vkeyOf(vkey(vkeyOf(key)))).toBe(vkeyOf(key));
  });
});

describe("checkpoints (C2SP)", () => {
  const root = vectors.CT_ROOTS[1]!;
  it.each([
    ["two lines", "log\n1\n"],
    ["no newline", `log\n1\n${root}`],
    ["an empty origin", `\n1\n${root}\n`],
    ["a leading zero", `log\n01\n${root}\n`],
    ["a sign", `log\n-1\n${root}\n`],
    ["a size of 2^63", `log\n9223372036854775808\n${root}\n`],
    ["an exponent", `log\n1e3\n${root}\n`],
    ["a short root", "log\n1\nAAAA\n"],
    ["an empty extension line", `log\n1\n${root}\n\n`],
  ])("does not read one with %s", (_name, text) => expect(parseCheckpoint(text).ok).toBe(false));

  it("keeps a size beyond 2^53 exact", () => {
    const parsed = parseCheckpoint(`log\n9007199254740993\n${root}\n`);
    expect(parsed.ok && parsed.value.size).toBe(9_007_199_254_740_993n);
  });
});

describe("proof files (C2SP tlog-proof)", () => {
  const hash = pureHasher.sha256(Uint8Array.of(1));
  const checkpoint = signNote("log\n1\nx\n", []);
  it("reads back what it writes", () => {
    for (const proof of [
      { index: 0n, path: [], checkpoint, extra: null },
      { index: 73_894n, path: [hash, hash], checkpoint, extra: Uint8Array.of(0, 255) },
      { index: (1n << 62n) + 1n, path: [hash], checkpoint, extra: new Uint8Array(0) },
    ])
      expect(parseTlogProof(formatTlogProof(proof))).toEqual({ ok: true, value: proof });
  });
  it.each([
    ["another header", "c2sp.org/tlog-proof@v2\nindex 0\n\nc\n"],
    ["unreadable extra data", "c2sp.org/tlog-proof@v1\nextra !!\nindex 0\n\nc\n"],
    ["no index", "c2sp.org/tlog-proof@v1\n\nc\n"],
    ["a negative index", "c2sp.org/tlog-proof@v1\nindex -5\n\nc\n"],
    ["a leading zero", "c2sp.org/tlog-proof@v1\nindex 05\n\nc\n"],
    ["no checkpoint", "c2sp.org/tlog-proof@v1\nindex 0\n"],
    ["a hash that is not base 64", "c2sp.org/tlog-proof@v1\nindex 0\n???\n\nc\n"],
    ["a hash of 64 bytes", `c2sp.org/tlog-proof@v1\nindex 0\n${base64Of(new Uint8Array(64))}\n\nc\n`],
    [
      "more hashes than any tree has levels",
      `c2sp.org/tlog-proof@v1\nindex 0\n${`${base64Of(new Uint8Array(32))}\n`.repeat(64)}\nc\n`,
    ],
    ["too much of it", `c2sp.org/tlog-proof@v1\nindex 0\n\n${"x".repeat(5_000_000)}`],
  ])("does not read one with %s", (_name, text) => expect(parseTlogProof(text).ok).toBe(false));
});
