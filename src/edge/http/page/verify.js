// Checks a c2sp.org/tlog-proof file with WebCrypto and BLAKE3 in JavaScript: the leaf, the way to the root (RFC 9162, 2.1.3.2), the signature.
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const sha256 = async (...parts) => {
  const bytes = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
};
const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const HEADER = "c2sp.org/tlog-proof@v1";
const ED25519 = 1;

function base64(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  if (btoa(String.fromCharCode(...bytes)) !== text && bytes.length < 65_536)
    throw new Error("not canonical base 64");
  return bytes;
}
const size = (text) => {
  if (!/^(0|[1-9][0-9]{0,18})$/.test(text ?? "")) throw new Error("not a number");
  return BigInt(text);
};

function parseProof(text) {
  const split = text.indexOf("\n\n");
  if (split < 0) throw new Error("no empty line before the checkpoint");
  const lines = text.slice(0, split).split("\n");
  if (lines.shift() !== HEADER) throw new Error(`does not begin with ${HEADER}`);
  if (!lines[0]?.startsWith("extra ")) throw new Error("carries no leaf");
  const leaf = Uint8Array.from(atob(lines.shift().slice(6)), (c) => c.charCodeAt(0));
  const indexLine = lines.shift() ?? "";
  if (!indexLine.startsWith("index ")) throw new Error("names no index");
  const path = lines.map(base64);
  if (path.length > 63 || path.some((h) => h.length !== 32))
    throw new Error("a hash of the path is not 32 bytes");
  return { leaf, index: size(indexLine.slice(6)), path, note: parseNote(text.slice(split + 2)) };
}
function parseNote(note) {
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n")) throw new Error("the checkpoint carries no signature");
  const text = note.slice(0, split + 1);
  const [origin, count, root, ...rest] = text.slice(0, -1).split("\n");
  if (rest.length > 0) throw new Error("the checkpoint has other lines than three");
  const signatures = note
    .slice(split + 2, -1)
    .split("\n")
    .map((line) => {
      const match = /^— (\S+) (\S+)$/u.exec(line);
      if (match === null) throw new Error("a signature line is not readable");
      const bytes = base64(match[2]);
      return { name: match[1], keyId: hex(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
    });
  return { text, origin, size: size(count), root: base64(root ?? ""), signatures };
}

const keyIdOf = async (name, raw) =>
  hex((await sha256(encoder.encode(`${name}\n`), Uint8Array.of(ED25519), raw)).subarray(0, 4));
async function parseKey(vkey) {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/u.exec(vkey.trim());
  if (match === null) throw new Error("a key is written name+id+base64");
  const bytes = base64(match[3]);
  if (bytes.length !== 33 || bytes[0] !== ED25519) throw new Error("not an Ed25519 key");
  const raw = bytes.subarray(1);
  if ((await keyIdOf(match[1], raw)) !== match[2])
    throw new Error("the key's identifier does not match the key");
  return { name: match[1], raw };
}
const ledgerOf = (name) => name.replace(/\/\d+$/, "");

async function rootOf({ leaf, index, path, note }) {
  if (index >= note.size) throw new Error("the leaf lies outside of the tree");
  let position = index;
  let last = note.size - 1n;
  let hash = await sha256(LEAF, leaf);
  for (const sibling of path) {
    if (last === 0n) throw new Error("the path is too long");
    if ((position & 1n) === 1n || position === last) {
      hash = await sha256(NODE, sibling, hash);
      while ((position & 1n) === 0n && position !== 0n) {
        position >>= 1n;
        last >>= 1n;
      }
    } else hash = await sha256(NODE, hash, sibling);
    position >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new Error("the path is too short");
  return hash;
}
async function signed(note, key) {
  const names = ledgerOf(note.origin) === ledgerOf(key.name) ? [note.origin, key.name] : [key.name];
  const subtle = await crypto.subtle.importKey("raw", key.raw, { name: "Ed25519" }, false, ["verify"]);
  for (const { name, keyId, signature } of note.signatures) {
    if (!names.includes(name) || keyId !== (await keyIdOf(name, key.raw))) continue;
    return crypto.subtle.verify({ name: "Ed25519" }, subtle, signature, encoder.encode(note.text));
  }
  return false;
}

/** { ok, steps: [{ ok, text }] }; a step that cannot be done fails. */
export async function verifyProof(proofText, vkey, shownText) {
  const steps = [];
  const step = async (text, run) => {
    try {
      const said = await run();
      steps.push({ ok: said !== false, text: typeof said === "string" ? `${text}: ${said}` : text });
      return said !== false;
    } catch (cause) {
      steps.push({ ok: false, text: `${text}: ${cause.message}` });
      return false;
    }
  };
  let proof;
  let key;
  const all = [
    await step("The proof can be read", () => {
      proof = parseProof(proofText);
      return `leaf ${proof.index} of ${proof.note.size} in ${proof.note.origin}`;
    }),
    await step("The key can be read", async () => {
      key = await parseKey(vkey);
      return key.name;
    }),
  ];
  if (all.every(Boolean)) {
    all.push(
      await step("The leaf holds the receipt shown above", () => {
        const leaf =
          /^\{"dual_hash":"([0-9a-f]{64}):([0-9a-f]{64})","previous":"[0-9a-f]{64}","receipt":(.*)\}$/su.exec(
            decoder.decode(proof.leaf),
          );
        proof.sha = leaf?.[1];
        proof.blake = leaf?.[2];
        proof.receipt = leaf?.[3];
        return leaf !== null && leaf[3] === shownText;
      }),
    );
    all.push(
      await step(
        "Its SHA-256 is the one in the leaf",
        async () =>
          proof.receipt !== undefined && hex(await sha256(encoder.encode(proof.receipt))) === proof.sha,
      ),
    );
    all.push(
      await step("Its BLAKE3 is the one in the leaf", async () => {
        // comes from the node too, and only when somebody asks for a proof
        const { blake3 } = await import("./hashes/blake3.js");
        return proof.receipt !== undefined && hex(blake3(encoder.encode(proof.receipt))) === proof.blake;
      }),
    );
    all.push(
      await step(`${proof.path.length} hashes lead from the leaf to the root`, async () =>
        same(await rootOf(proof), proof.note.root),
      ),
    );
    all.push(await step("The root is signed by this key (Ed25519)", () => signed(proof.note, key)));
  }
  return { ok: all.every(Boolean), steps };
}
