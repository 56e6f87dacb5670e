import { receiptEnvelope } from "../core/domain/index.ts";
import { receiptsNaming } from "../edge/ledger/index.ts";
import { type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { textOf } from "./control-client.ts";
import type { Written } from "./explain-print.ts";
import { ledgerPlace, parseTime } from "./ledger/place.ts";

/** Every receipt of one action, in the order of the ledger; an action that no receipt names is an error. */
export function requireReceiptsOf(id: string | undefined, input: CommandInput, io: Io): Written[] {
  if (id === undefined)
    throw new UserError(
      "name the action",
      "for example `cellgate explain pick-17`; `cellgate ledger show --type block` lists ids",
    );
  const written = receiptsOf(id, input, io);
  if (written.length > 0) return written;
  throw new UserError(
    `no receipt names the action "${id}"`,
    "check the id and the data folder; retention may have dropped its bodies",
    EXIT.found,
  );
}

function receiptsOf(id: string, input: CommandInput, io: Io): Written[] {
  const since = textOf(input, "since");
  const found: Written[] = [];
  for (const { text } of receiptsNaming(
    ledgerPlace(input, io),
    id,
    since === undefined ? {} : { since: parseTime(since, Date.now()) },
  )) {
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
