import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import type { CandidateKind } from "../../core/promotion/index.ts";
import { HEAD_SCHEMA } from "../../core/risk/index.ts";
import type { InUse } from "./in-use.ts";
import { deploymentOf } from "./section.ts";

/** What a candidate's file is, from what it says; words when that is not clear. */
export function kindOfCandidate(text: string, used: InUse): CandidateKind | { readonly unclear: string } {
  let whole: Record<string, unknown>;
  try {
    whole = parse(text) as Record<string, unknown>;
  } catch (cause) {
    return { unclear: (cause as Error).message };
  }
  if (typeof whole !== "object" || whole === null) return { unclear: "it holds no settings" };
  if (whole["schema"] === HEAD_SCHEMA) return headOrCalibration(whole, used.head);
  if (whole["schema"] === "cellgate.policy/1") return "policy";
  if (!("cellgate" in whole)) {
    const [only, more] = (["rules", "gate"] as const).filter((key) => key in whole);
    return only !== undefined && more === undefined ? only : { unclear: "it names neither rules nor gate" };
  }
  return changedSection(text, used);
}

function headOrCalibration(whole: Record<string, unknown>, inUse: string | null): CandidateKind {
  if (inUse === null) return "head";
  const now = JSON.parse(inUse) as Record<string, unknown>;
  const same = (key: string): boolean => isDeepStrictEqual(whole[key], now[key]);
  return same("model") && same("features") && !(same("calibration") && same("alarm"))
    ? "calibration"
    : "head";
}

function changedSection(text: string, { config }: InUse): CandidateKind | { readonly unclear: string } {
  try {
    const given = deploymentOf(text, "candidate");
    const changed = (["rules", "gate"] as const).filter(
      (key) => !isDeepStrictEqual(given[key], config.deployment[key]),
    );
    if (changed.length === 1) return changed[0]!;
    return {
      unclear: changed.length === 0 ? "neither its rules nor its gate differ" : "rules and gate both differ",
    };
  } catch (cause) {
    return { unclear: (cause as Error).message };
  }
}
