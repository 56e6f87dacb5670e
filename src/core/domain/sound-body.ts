import { soundData } from "../base/sound-data.ts";
import type { ReceiptBody } from "./receipt.ts";

/**
 * The body as it can be written: half characters replaced, −0 as 0. One that cannot be written at all is
 * replaced by one that says so: never by silence, never by a throw.
 */
export function soundBody(body: ReceiptBody): { readonly body: ReceiptBody; readonly isSubstitute: boolean } {
  const sound = soundData(body);
  if (sound.ok) return { body: sound.value as ReceiptBody, isSubstitute: false };
  return {
    isSubstitute: true,
    body: {
      receipt_type: "fault",
      code: "RECEIPT_UNWRITABLE",
      source: "node",
      detail: `${body.receipt_type}: ${sound.error}`,
      active: true,
    },
  };
}
