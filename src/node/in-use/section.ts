import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { parseDeployment } from "../deployment/index.ts";
import type { Deployment } from "../../core/domain/index.ts";
import { type PolicyAdapter, policyAdapterSchema } from "../../core/promotion/index.ts";

/** Parts of a deployment that are promoted as one. */
export type SectionKind = "rules" | "gate";

/** A deployment as text that keeps the order of actuators and channels. */
export const deploymentText = (deployment: Deployment): string => JSON.stringify(deployment);

export function deploymentOf(text: string, what: string): Deployment {
  const read = parseDeployment(text, what);
  if (!read.ok) throw new Error(`${what}: ${read.problems[0]?.key}: ${read.problems[0]?.message}`);
  return read.deployment;
}

/** A candidate's file is the section alone, under its name, or a whole deployment. */
function readWhole(kind: SectionKind, text: string): Record<string, unknown> {
  const whole: unknown = parse(text);
  if (typeof whole !== "object" || whole === null || !(kind in whole))
    throw new Error(`the candidate has no section "${kind}"`);
  return whole as Record<string, unknown>;
}

/** The cell with the candidate's section in the place of its own; nothing else of the candidate counts. */
export function withSection(kind: SectionKind, deployment: Deployment, candidate: string): Deployment {
  const section = readWhole(kind, candidate)[kind];
  return deploymentOf(JSON.stringify({ ...deployment, [kind]: section }), `candidate (${kind})`);
}

/** What the candidate changes besides its section, in words; null: nothing. */
export function changedElsewhere(
  kind: SectionKind,
  deployment: Deployment,
  candidate: string,
): string | null {
  const whole = readWhole(kind, candidate);
  const given = Object.keys(whole).filter((key) => key !== kind);
  if (given.length === 0) return null;
  if (!("cellgate" in whole)) return `only "${kind}" belongs here, not ${given.join(", ")}`;
  const full = deploymentOf(candidate, "candidate");
  const other = (Object.keys(full) as (keyof Deployment)[]).filter(
    // transports and actuators are completed by the schemas of their kinds, which are not at hand here; the
    // head has a slot of its own
    (key) =>
      !([kind, "transports", "actuators", "risk"] as string[]).includes(key) &&
      !isDeepStrictEqual(full[key], deployment[key]),
  );
  return other.length === 0 ? null : `changes ${other.join(", ")} too; promote one part at a time`;
}

export function policyOf(text: string): PolicyAdapter {
  const read = policyAdapterSchema.safeParse(parse(text));
  if (read.success) return read.data;
  const issue = read.error.issues[0]!;
  throw new Error(`policy adapter: ${issue.path.join(".") || "file"}: ${issue.message}`);
}
