// Checks a proof here, in the browser, with the code that the node and the command line check it with. The node is not
// asked whether it tells the truth; the browser lends the signature check, which it has as a promise only.
import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { checkProof } from "../../../core/receipts/check/index.ts";

export interface Outcome {
  readonly ok: boolean;
  readonly steps: readonly { readonly ok: boolean; readonly text: string }[];
}
interface Asked {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

export async function verifyProof(proof: string, vkey: string, shown: string | null): Promise<Outcome> {
  const asked: Asked[] = [];
  const checked = checkProof(
    {
      sha256: (bytes) => sha256(bytes),
      blake3: (bytes) => blake3(bytes),
      verify: (publicKey, message, signature) => asked.push({ publicKey, message, signature }) > 0,
    },
    proof,
    vkey.trim(),
    { shown },
  );
  const signed = asked.length > 0 && (await Promise.all(asked.map(isSigned))).every(Boolean);
  const steps = checked.steps.map(({ kind, what, error }) => {
    const why = error ?? (kind === "signature" && !signed ? "the signature is wrong" : null);
    return { ok: why === null, text: what };
  });
  return { ok: checked.proven !== null && steps.every(({ ok }) => ok), steps };
}

async function isSigned({ publicKey, message, signature }: Asked): Promise<boolean> {
  const bytes = (part: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(part);
  try {
    const key = await crypto.subtle.importKey("raw", bytes(publicKey), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, bytes(signature), bytes(message));
  } catch {
    return false;
  }
}
