import type { Problem } from "../../core/base/problem.ts";
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { err, ok, type Result } from "../../core/base/result.ts";
import { type PflLimits, pflLimitsSchema } from "../../core/domain/index.ts";
import { ed25519Key, rawKeyHex, signatureHolds } from "./ed25519.ts";

export const signatureNameOf = (file: string): string => `${file}.sig`;

/** Reads a table of contact limits; it counts only with a signature of the key that the deployment names. */
export function readPflLimits(file: string, publicKeyHex: string): Result<PflLimits, Problem> {
  const read = readBoth(file);
  return read.ok ? verifyPflLimits(file, read.value.bytes, read.value.signature, publicKeyHex) : read;
}
/** The same for a table that is already in memory. */
export function verifyPflLimits(
  file: string,
  bytes: Buffer,
  signature: string,
  publicKeyHex: string,
): Result<PflLimits, Problem> {
  const key = ed25519Key(publicKeyHex);
  if (key === null)
    return err({ what: `"${publicKeyHex}" is no Ed25519 key`, remedy: "give 64 hexadecimal digits" });
  if (!signatureHolds(key, bytes, signature.trim()))
    return err({
      what: `${file}: the signature does not hold for this key`,
      remedy:
        "the table was changed, or signed by somebody else; restore it, or sign your own with `cellgate limits sign`",
    });
  return parse(file, bytes);
}

/** Signs a table of contact limits with an Ed25519 key in PEM; gives the public key that deployments must name. */
export function signPflLimits(file: string, privateKeyPem: string): Result<{ publicKey: string }, Problem> {
  const bytes = bytesOf(file);
  if (!bytes.ok) return bytes;
  const table = parse(file, bytes.value);
  if (!table.ok) return table;
  try {
    const key = createPrivateKey(privateKeyPem);
    if (key.asymmetricKeyType !== "ed25519")
      return err({
        what: "the key is no Ed25519 key",
        remedy: "make one: openssl genpkey -algorithm ed25519",
      });
    writeFileSync(signatureNameOf(file), `${sign(null, bytes.value, key).toString("hex")}\n`);
    return ok({ publicKey: rawKeyHex(createPublicKey(key)) });
  } catch (cause) {
    return err({
      what: `the key cannot be used: ${(cause as Error).message}`,
      remedy: "make one: openssl genpkey -algorithm ed25519",
    });
  }
}

function readBoth(file: string): Result<{ bytes: Buffer; signature: string }, Problem> {
  const bytes = bytesOf(file);
  if (!bytes.ok) return bytes;
  const signature = bytesOf(signatureNameOf(file));
  return signature.ok ? ok({ bytes: bytes.value, signature: signature.value.toString("utf8") }) : signature;
}

function bytesOf(file: string): Result<Buffer, Problem> {
  try {
    return ok(readFileSync(file));
  } catch (cause) {
    return err({
      what: `${file} cannot be read: ${(cause as Error).message}`,
      remedy: "the path is relative to the deployment file",
    });
  }
}

function parse(file: string, bytes: Buffer): Result<PflLimits, Problem> {
  let raw: unknown;
  try {
    raw = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    return err({ what: `${file} is not JSON: ${(cause as Error).message}`, remedy: "restore the file" });
  }
  const table = pflLimitsSchema.safeParse(raw);
  if (table.success) return ok(table.data);
  const issue = table.error.issues[0]!;
  return err({
    what: `${file}: ${issue.path.join(".")}: ${issue.message}`,
    remedy: "correct the table and sign it again",
  });
}
