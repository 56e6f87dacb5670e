import { canonicalBytes } from "../base/canonical.ts";
import { dualHash, sha256Hex } from "../base/hash.ts";
import { utf8Bytes } from "../base/utf8.ts";
import type { Proposal } from "../domain/index.ts";

/** What a permit and an approval are bound to: who wants what with which arguments. Evidence is not part of it. */
export const argsHash = (proposal: Proposal, target: string): string =>
  dualHash(
    canonicalBytes({
      schema: proposal.schema,
      proposer: proposal.proposer,
      verb: proposal.verb,
      target,
      args: proposal.args,
      ...(proposal.chunk && { chunk: true }),
      ...(proposal.retreat && { retreat: true }),
    }),
  );

/** The action without its id and proposer: proposing it again is asking the same question again. */
export const actionQuestion = (proposal: Proposal): string =>
  sha256Hex(
    canonicalBytes({
      verb: proposal.verb,
      target: proposal.target,
      args: proposal.args,
      ...(proposal.chunk && { chunk: true }),
      ...(proposal.retreat && { retreat: true }),
    }),
  );

/** A question as it counts: case and white space make no new question. */
export const questionHash = (question: string): string =>
  sha256Hex(utf8Bytes(question.toLowerCase().replace(/\s+/g, " ").trim()));
