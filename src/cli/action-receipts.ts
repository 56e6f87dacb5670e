import { type Code, receiptEnvelope } from "../core/domain/index.ts";
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
  if (written.length > 0) return [...written, ...receiptsOfSteps(id, written, input)];
  throw new UserError(
    `no receipt names the action "${id}"`,
    "check the id and the data folder; retention may have dropped its bodies",
    EXIT.found,
  );
}

/** The steps of a plan are actions of their own, named after it; together they are its whole life. */
function receiptsOfSteps(id: string, written: readonly Written[], input: AboutAnAction): Written[] {
  if (!written.some(({ body }) => "code" in body && body.code === ("PLAN_BEGUN" satisfies Code))) return [];
  const steps = Math.max(...written.map(({ body }) => ("terms" in body ? stepsIn(body.terms["args"]) : 0)));
  return Array.from({ length: steps }, (_, i) => receiptsOf(`${id}~${i + 1}`, input)).flat();
}
function stepsIn(args: unknown): number {
  if (typeof args !== "object" || args === null) return 0;
  const { nodes, tokens } = args as { nodes?: unknown; tokens?: unknown };
  return Array.isArray(nodes) ? nodes.length : Array.isArray(tokens) ? tokens.length : 0;
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
