import { isWellFormed } from "../base/utf8.ts";
import { err, ok, type Result } from "../base/result.ts";
import {
  MAX_PROPOSAL_BYTES,
  MAX_PROPOSAL_DEPTH,
  MAX_PROPOSAL_NODES,
  type Proposal,
  proposalSchema,
} from "../domain/index.ts";
import { type Refusal, refusal } from "./refusal.ts";

interface Budget {
  nodes: number;
  text: number;
}

/** From anything that may have come in to a proposal whose form is right, or the reason why it is not. */
export function readProposal(raw: unknown): Result<Proposal, Refusal> {
  const plain = copyPlain(raw, 0, { nodes: MAX_PROPOSAL_NODES, text: MAX_PROPOSAL_BYTES });
  if (!plain.ok) return plain;
  const read = proposalSchema.safeParse(plain.value);
  if (read.success) return ok(read.data);
  const issue = read.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "proposal" : issue.path.join(".");
  return err(refusal("PROPOSAL_MALFORMED", `${where}: ${issue?.message ?? "not readable"}`));
}

/**
 * A copy made of plain data only. Looked at before the schema is, so that what is too large or too deep
 * costs no more than its first part, and what is not data (getters, class instances, cycles) never gets in.
 */
function copyPlain(value: unknown, depth: number, budget: Budget): Result<unknown, Refusal> {
  if (--budget.nodes < 0) return tooLarge(`more than ${MAX_PROPOSAL_NODES} members`);
  switch (typeof value) {
    case "number":
      // minus zero has no canonical text; it moves nothing that zero does not
      return Number.isFinite(value)
        ? ok(value === 0 ? 0 : value)
        : err(refusal("PROPOSAL_NUMBER_INVALID", `got ${value}`));
    case "boolean":
      return ok(value);
    case "string":
      return copyText(value, budget);
    case "object":
      if (value === null) return ok(null);
      if (depth >= MAX_PROPOSAL_DEPTH) return tooLarge(`more than ${MAX_PROPOSAL_DEPTH} levels`);
      return Array.isArray(value) ? copyArray(value, depth, budget) : copyObject(value, depth, budget);
    default:
      return err(refusal("PROPOSAL_MALFORMED", `${typeof value} is not data`));
  }
}
const tooLarge = (detail: string) => err(refusal("PROPOSAL_TOO_LARGE", detail));

function copyText(value: string, budget: Budget): Result<string, Refusal> {
  budget.text -= value.length;
  if (budget.text < 0) return tooLarge(`more than ${MAX_PROPOSAL_BYTES} letters`);
  return isWellFormed(value)
    ? ok(value)
    : err(refusal("PROPOSAL_MALFORMED", "text with half a surrogate pair"));
}

function copyArray(value: readonly unknown[], depth: number, budget: Budget): Result<unknown[], Refusal> {
  if (value.length > budget.nodes) return tooLarge(`more than ${MAX_PROPOSAL_NODES} members`);
  const copy: unknown[] = [];
  for (let i = 0; i < value.length; i++) {
    const member = copyPlain(value[i], depth + 1, budget);
    if (!member.ok) return member;
    copy.push(member.value);
  }
  return ok(copy);
}

function copyObject(value: object, depth: number, budget: Budget): Result<object, Refusal> {
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== null)
    return err(refusal("PROPOSAL_MALFORMED", "not a plain object"));
  const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  let seen = 0;
  for (const key in value) {
    if (++seen > budget.nodes) return tooLarge(`more than ${MAX_PROPOSAL_NODES} members`);
    const text = copyText(key, budget);
    if (!text.ok) return text;
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property === undefined || !("value" in property))
      return err(refusal("PROPOSAL_MALFORMED", "a member is computed"));
    const member = copyPlain(property.value, depth + 1, budget);
    if (!member.ok) return member;
    copy[key] = member.value;
  }
  return ok(copy);
}
