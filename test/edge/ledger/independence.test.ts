import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { blake3 } from "@noble/hashes/blake3.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ledgerKeyText, proveReceipt, readReceipts, rotateKey } from "../../../src/edge/ledger/index.ts";
import { makeFolder, open, removeFolders, writeLedger } from "./fixture.ts";

/**
 * A proof file read by somebody who has only the public descriptions: RFC 9162 (2.1.1 and 2.1.3.2), the C2SP
 * texts on signed notes, checkpoints and proofs, and the web's own SHA-256 and Ed25519. Nothing of ours is used.
 */
const { subtle } = globalThis.crypto;
const ascii = (text: string) => new TextEncoder().encode(text);
const base64 = (text: string) => Uint8Array.from(Buffer.from(text, "base64"));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const join2 = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const sha256 = async (...parts: Uint8Array[]) =>
  new Uint8Array(await subtle.digest("SHA-256", join2(...parts)));

const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what);
};

async function openNote(note: string, vkey: string) {
  const end = note.indexOf("\n\n");
  const text = note.slice(0, end + 1);
  const [origin = "", size = "", root = ""] = text.split("\n");
  const [name, id, ...rest] = vkey.split("+");
  const key = base64(rest.join("+"));
  must(key[0] === 1 && name === origin, "key");
  must(hex((await sha256(ascii(`${name}\n`), key)).subarray(0, 4)) === id, "key id");
  const signed = note
    .slice(end + 2)
    .trimEnd()
    .split("\n")
    .map((line) => /^— (\S+) (\S+)$/.exec(line)!)
    .filter((line) => line[1] === name)
    .map((line) => base64(line[2]!))
    .find((signature) => hex(signature.subarray(0, 4)) === id);
  must(signed !== undefined, "signature of the key");
  const publicKey = await subtle.importKey("raw", key.subarray(1), "Ed25519", false, ["verify"]);
  must(await subtle.verify("Ed25519", publicKey, signed!.subarray(4), ascii(text)), "signature");
  return { origin, size: BigInt(size), root: hex(base64(root)) };
}

async function checkAsStranger(file: string, vkey: string) {
  const cut = file.indexOf("\n\n");
  const [header, extra = "", place = "", ...hashes] = file.slice(0, cut).split("\n");
  must(header === "c2sp.org/tlog-proof@v1", "header");
  const leaf = base64(extra.replace(/^extra /, ""));
  const index = BigInt(place.replace(/^index /, ""));
  const { size, root } = await openNote(file.slice(cut + 2), vkey);
  must(index < size, "index");
  let [fn, sn] = [index, size - 1n];
  let r = await sha256(Uint8Array.of(0), leaf);
  for (const p of hashes.map(base64)) {
    must(sn !== 0n, "path too long");
    if ((fn & 1n) === 1n || fn === sn) {
      r = await sha256(Uint8Array.of(1), p, r);
      while ((fn & 1n) === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else r = await sha256(Uint8Array.of(1), r, p);
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  must(sn === 0n && hex(r) === root, "root");
  return { size, leaf };
}

let dir: string;
beforeAll(async () => {
  dir = join(makeFolder(), "data");
  mkdirSync(dir);
  await writeLedger(dir, 300);
});
afterAll(removeFolders);

async function proofOf(id: string): Promise<{ text: string; key: string }> {
  const proof = await proveReceipt(dir, id);
  if (!proof.ok) throw new Error(proof.error);
  return proof.value;
}

describe("E31 a stranger's program", () => {
  it("checks proofs with nothing but the file and the key", async () => {
    const key = ledgerKeyText(dir);
    const exported = new Map([...readReceipts(dir)].map((receipt) => [receipt.id, receipt.text]));
    for (const n of [0, 1, 126, 127, 128, 255, 256, 299]) {
      const id = `r1.${n}.0`;
      const { leaf, size } = await checkAsStranger((await proofOf(id)).text, key);
      expect(size).toBe(301n);
      // the leaf holds the very bytes of the export, and both hashes of them
      const text = exported.get(id)!;
      const body = ascii(text);
      expect(Buffer.from(leaf).toString()).toMatch(
        new RegExp(`^\\{"dual_hash":"${hex(await sha256(body))}:${hex(blake3(body))}","previous":"`),
      );
      expect(Buffer.from(leaf).toString().endsWith(`,"receipt":${text}}`)).toBe(true);
    }
  });

  it("refuses what was changed: index, leaf, path, size, root, signature, key", async () => {
    const { text, key } = await proofOf("r1.100.0");
    const swap = (from: string | RegExp, to: string): string => {
      const changed = text.replace(from, to);
      expect(changed).not.toBe(text);
      return changed;
    };
    const lines = text.split("\n");
    const hashLine = lines.findIndex((line) => line.startsWith("index ")) + 1;
    for (const changed of [
      swap("index 101", "index 100"),
      swap(/^extra (.)/m, lines[1]!.startsWith("extra A") ? "extra B" : "extra A"),
      lines.toSpliced(hashLine, 1).join("\n"),
      lines.toSpliced(hashLine, 2, lines[hashLine + 1]!, lines[hashLine]!).join("\n"),
      swap("\n301\n", "\n300\n"),
    ])
      await expect(checkAsStranger(changed, key)).rejects.toThrow(/signature|root|path|key/);
    await expect(checkAsStranger(text, await foreignKey())).rejects.toThrow("key");
  });

  it("checks receipts of both shards when the key has changed", async () => {
    rotateKey(dir);
    const { ledger, fill } = await open(dir);
    await fill(0, 5);
    await ledger.close();
    const [before, after] = [await proofOf("r1.3.0"), await proofOf("r2.3.0")];
    expect(after.key).not.toBe(before.key);
    await checkAsStranger(before.text, before.key);
    await checkAsStranger(after.text, after.key);
    await expect(checkAsStranger(after.text, before.key)).rejects.toThrow();
  });

  it("reads the checkpoint that an anchor folder holds", async () => {
    const folder = makeFolder();
    const at = makeFolder();
    const { ledger, fill } = await open(at, { anchors: [{ kind: "directory", path: folder }] });
    await fill(0, 20);
    const [status] = await ledger.anchorNow();
    await ledger.close();
    expect(status).toMatchObject({ failures: 0 });
    const [name] = readdirSync(folder).filter((file) => file.endsWith(".checkpoint"));
    // behind the line that says how long it is
    const note = readFileSync(join(folder, name!), "utf8").replace(/^cellgate checkpoint \d+ \d+\n/, "");
    expect(await openNote(note, ledgerKeyText(at))).toMatchObject({ size: BigInt(status!.size) });
    await expect(openNote(note.replace("\n21\n", "\n20\n"), ledgerKeyText(at))).rejects.toThrow("signature");
  });
});

async function foreignKey(): Promise<string> {
  const other = makeFolder();
  await writeLedger(other, 1);
  return ledgerKeyText(other);
}
