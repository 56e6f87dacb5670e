import type { AnchorConfig } from "../../../core/domain/index.ts";
import { base64Of, openCheckpoint, parseVkey } from "../../../core/receipts/index.ts";
import type { LedgerCrypto } from "../crypto.ts";
import { AnchorConflict, type Outgoing, type Sink } from "./sink.ts";

/** A witness that checks how the tree grew and cosigns it (c2sp.org/tlog-witness). */
type Settings = Extract<AnchorConfig, { kind: "witness" }>;

const TIMEOUT_MS = 5_000;
const ANSWER_BYTES_MAX = 65_536;

export function witnessSink(settings: Settings, crypto: LedgerCrypto): Sink {
  const key = parseVkey(crypto, settings.key);
  const post = async (outgoing: Outgoing, oldSize: number): Promise<Response> => {
    const lines = outgoing
      .proofFrom(oldSize)
      .map((hash) => `${base64Of(hash)}\n`)
      .join("");
    return fetch(`${settings.url.replace(/\/$/, "")}/add-checkpoint`, {
      method: "POST",
      body: `old ${oldSize}\n${lines}\n${outgoing.note}`,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  };
  const cosigned = async (outgoing: Outgoing, response: Response): Promise<string> => {
    if (!key.ok) throw new Error(`witness key: ${key.error}`);
    const note = outgoing.note + (await boundedText(response));
    const opened = openCheckpoint(crypto, note, [key.value]);
    if (!opened.ok) throw new Error(`the witness answered without its valid signature: ${opened.error}`);
    return note;
  };
  return {
    name: `witness:${settings.url}`,
    // a witness cannot be asked; it speaks up when a checkpoint does not continue what it has seen
    last: async () => [],
    async send(outgoing) {
      let response = await post(outgoing, outgoing.takenSize);
      if (response.status === 409) {
        const seen = Number((await boundedText(response)).trim());
        if (!Number.isSafeInteger(seen) || seen < 0) throw new Error("the witness named no readable size");
        if (seen > outgoing.size)
          throw new AnchorConflict(`the witness has seen ${seen} leaves, this ledger has ${outgoing.size}`);
        response = await post(outgoing, seen);
      }
      if (response.status === 422)
        throw new AnchorConflict(
          "the witness refused the proof: this ledger does not continue what it has seen",
        );
      if (response.status !== 200) throw new Error(`the witness answered ${response.status}`);
      return cosigned(outgoing, response);
    },
  };
}

async function boundedText(response: Response): Promise<string> {
  const bytes = Buffer.from(await response.arrayBuffer());
  if (bytes.length > ANSWER_BYTES_MAX) throw new Error("the witness's answer is too long");
  return bytes.toString("utf8");
}
