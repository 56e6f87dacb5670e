import { createPublicKey, type KeyObject, verify } from "node:crypto";

const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");
const RAW_BYTES = 32;

/** 64 hexadecimal digits, the same in base64, or PEM; null: none of them. */
export function ed25519Key(text: string): KeyObject | null {
  try {
    if (text.includes("BEGIN PUBLIC KEY")) return createPublicKey(text);
    const raw = Buffer.from(text.trim(), /^[0-9a-fA-F]{64}$/.test(text.trim()) ? "hex" : "base64");
    if (raw.length !== RAW_BYTES) return null;
    return createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: "der", type: "spki" });
  } catch {
    return null;
  }
}

export function signatureHolds(key: KeyObject, bytes: Uint8Array, signatureHex: string): boolean {
  return /^[0-9a-f]{128}$/.test(signatureHex) && verify(null, bytes, key, Buffer.from(signatureHex, "hex"));
}

/** The raw key in hexadecimal, as deployments state it. */
export const rawKeyHex = (key: KeyObject): string =>
  key.export({ format: "der", type: "spki" }).subarray(SPKI_HEAD.length).toString("hex");
