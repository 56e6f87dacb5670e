import { cut } from "../core/base/text.ts";
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";
import { canonicalText } from "../core/base/canonical.ts";
import { soundData } from "../core/base/sound-data.ts";
import { MAX_REPORTED_DECISIONS } from "../core/domain/index.ts";
import { type FleetOrder, type KillState, ORDER_SLOTS } from "../core/rollout/index.ts";

const name = z.string().min(1).max(128);
const artefactName = z.string().min(1).max(256);
const whole = z.number().int();
const order = z.strictObject({
  format: z.literal("cellgate-order-1"),
  fleet: name,
  plan: name,
  seq: whole.min(0),
  issuedUs: whole,
  expiresUs: whole,
  targets: z.array(name).min(1).max(1_000),
  do: z.enum(["apply", "rollback"]),
  slot: z.enum(ORDER_SLOTS),
  artefact: artefactName,
  from: artefactName,
  generation: whole.min(1).max(1_000),
});
const kill = z.strictObject({
  format: z.literal("cellgate-kill-1"),
  fleet: name,
  epoch: whole.min(0),
  killed: z.boolean(),
  reason: z.string().max(1_000),
  issuedUs: whole,
});
/** What a cell says of itself; signed with the cell's own key. */
const report = z.strictObject({
  format: z.literal("cellgate-report-1"),
  fleet: name,
  cell: name,
  /** new with every connection: what was missed meanwhile is told again */
  session: name,
  seq: whole.min(0),
  holds: z.partialRecord(z.enum(ORDER_SLOTS), artefactName),
  /** number of the last order that it took; what it says of later ones is not known yet */
  order: z.number().int().min(-1),
  decisions: whole.min(0).max(MAX_REPORTED_DECISIONS),
  failures: whole.min(0).max(MAX_REPORTED_DECISIONS),
  latencyMs: z.number().min(0).optional(),
  killed: z.boolean(),
  /** the cell is blocked, whatever the reason */
  blocked: z.boolean(),
  code: z.string().max(64),
  /** why the last order could not be carried out, in words */
  detail: z.string().max(300),
});
/** A head or a set of rules on its way to the cells. Cells believe its hash, not its sender. */
const bundle = z.strictObject({
  format: z.literal("cellgate-bundle-1"),
  fleet: name,
  artefact: artefactName,
  kind: z.enum(["head", "rules"]),
  parts: z.record(z.string().max(128), z.base64()),
});
export type FleetReport = z.infer<typeof report>;
export type FleetBundle = z.infer<typeof bundle>;
export type FleetMessage = FleetOrder | KillState | FleetReport | FleetBundle;
const message = z.discriminatedUnion("format", [order, kill, report, bundle]);
const sealed = z.strictObject({ body: message, signature: z.string().regex(/^[0-9a-f]{128}$/) });
const MESSAGE_BYTES_MAX = 262_144;

/** The signature is over the canonical text: the order of members on the wire cannot matter. */
export function seal(body: FleetMessage, key: KeyObject): string {
  const signature = sign(null, Buffer.from(canonicalText(body)), key).toString("hex");
  return JSON.stringify({ body, signature });
}
export type Opened =
  | { readonly ok: true; readonly body: FleetMessage }
  | { readonly ok: false; readonly code: "ORDER_MALFORMED" | "ORDER_SIGNATURE" };

/** `keyOf` names the key that must have signed this body; null: nobody may say this. */
export function open(
  payload: Uint8Array,
  keyOf: (body: FleetMessage) => KeyObject | null,
  bytesMax: number = MESSAGE_BYTES_MAX,
): Opened {
  if (payload.length > bytesMax) return { ok: false, code: "ORDER_MALFORMED" };
  let raw: unknown;
  try {
    raw = JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    return { ok: false, code: "ORDER_MALFORMED" };
  }
  const read = sealed.safeParse(raw);
  if (!read.success) return { ok: false, code: "ORDER_MALFORMED" };
  const { body, signature } = read.data;
  // what could not have been signed is malformed, whoever sent it
  const text = textOf(body);
  if (text === null) return { ok: false, code: "ORDER_MALFORMED" };
  const key = keyOf(body);
  const holds = key !== null && verify(null, Buffer.from(text), key, Buffer.from(signature, "hex"));
  return holds ? { ok: true, body } : { ok: false, code: "ORDER_SIGNATURE" };
}
/** null: the value has no canonical text, such as half a character or −0 */
function textOf(body: FleetMessage): string | null {
  const sound = soundData(body);
  if (!sound.ok || sound.value !== body) return null;
  return canonicalText(body);
}
/** what a cell says of a slot when it could not take this artefact */
export const failureOf = (artefact: string): string => `failed:${cut(artefact, 64)}`;
export const privateKeyOf = (pem: string): KeyObject => createPrivateKey(pem);
/** A new private key as the text of its file. */
export const newKeyText = (): string =>
  generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }) as string;
