import { canonicalBytes } from "../../base/canonical.ts";
import { sha256Hex } from "../../base/hash.ts";
import type { HelperFinding } from "../../gate/index.ts";
import { plainTerms } from "./plain-terms.ts";

/** A finding as its receipt carries it. The arguments of a variant are told by their hash: the offer has them whole. */
export function findingTerms(finding: HelperFinding): Readonly<Record<string, unknown>> {
  if (finding.kind !== "variant") return { ...finding };
  const { args, ...rest } = finding;
  return { ...rest, args_sha256: args === null ? null : sha256Hex(canonicalBytes(plainTerms({ args }))) };
}
