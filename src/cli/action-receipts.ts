import { receiptEnvelope } from "../core/domain/index.ts";
import { receiptsNaming } from "../edge/ledger/index.ts";
import { EXIT, UserError } from "./command.ts";
import type { Written } from "./explain-print.ts";
import { ledgerPlace, type NodeInput } from "./ledger/place.ts";

type AboutAnAction = NodeInput & { readonly values: { readonly since?: number | undefined } };

/** Every receipt of one action, in the order of the ledger; an action that no receipt names is an error. */
export function requireReceiptsOf(id: string | undefined, input: AboutAnAction): Written[] {
  if (id === undefined)
    throw new UserError(
      "name the action",
      "for example `cellgate explain pick-17`; `cellgate ledger show --type block` lists ids",
    );
  const written = receiptsOf(id, input);
  if (written.length > 0) return written;
  throw new UserError(
    `no receipt names the action "${id}"`,
    "check the id and the data folder; retention may have dropped its bodies",
    EXIT.found,
  );
}

function receiptsOf(id: string, input: AboutAnAction): Written[] {
  const { since } = input.values;
  const found: Written[] = [];
  for (const { text } of receiptsNaming(ledgerPlace(input), id, since === undefined ? {} : { since })) {
    if (text === null) continue;
    const parsed: unknown = JSON.parse(text);
    const holder = parsed as { receipt?: unknown };
    const receipt = receiptEnvelope.safeParse(holder.receipt ?? parsed);
    if (!receipt.success) continue;
    const { receipt_id, at, body } = receipt.data;
    if ("action_id" in body && body.action_id === id) found.push({ id: receipt_id, at, body });
  }
  return found;
}
