import type { Deployment } from "../../core/domain/index.ts";
import { createFeatureBank, FEATURE_FAMILIES } from "../../core/features/index.ts";
import type { HeadArtefact } from "../../core/risk/index.ts";
import type { Kinematics } from "../../core/robot/index.ts";
import { bindChannels } from "../node.ts";

/** What of a head can be present in a deployment, by when; shares are those of V_s that rest on it. */
export interface HeadPresence {
  /** measured by the cell's channels: counts in V_s of the state and of every action */
  readonly state: PresentShare;
  /** said by a proposal of itself: counts in V_s of an action that says it, and never in that of the state */
  readonly action: PresentShare;
  /** nothing in this deployment can ever make it present */
  readonly never: PresentShare;
}
export interface PresentShare {
  readonly share: number;
  readonly features: readonly string[];
  /** what makes the groups of these features present, in words */
  readonly needs: readonly string[];
}

const familyOf = new Map(FEATURE_FAMILIES.map((family) => [family.name, family]));

/** `deployment` null: any cell that has the channels. */
export function headPresence(
  head: HeadArtefact,
  cell: { readonly deployment: Deployment; readonly kinematics: Kinematics } | null,
): HeadPresence {
  const parts: Record<keyof HeadPresence, number[]> = { state: [], action: [], never: [] };
  const made = cell === null ? null : madeIn(cell);
  head.features.forEach(({ name, group }, i) => {
    const aboutAction = familyOf.get(group)?.aboutActions === true;
    if (made !== null && !made.has(name)) parts.never.push(i);
    else if (!aboutAction || (group === "hidden" && cell !== null && hasHiddenChannel(cell.deployment)))
      parts.state.push(i);
    else if (cell !== null && !canBeSaid(group, cell.deployment)) parts.never.push(i);
    else parts.action.push(i);
  });
  const shareOf = (places: readonly number[]): PresentShare => ({
    share: places.reduce((sum, i) => sum + head.importance[i]!, 0),
    features: places.map((i) => head.features[i]!.name),
    needs: [
      ...new Set(places.map((i) => familyOf.get(head.features[i]!.group)?.needs ?? "a table's column")),
    ],
  });
  return { state: shareOf(parts.state), action: shareOf(parts.action), never: shareOf(parts.never) };
}

const madeIn = ({
  deployment,
  kinematics,
}: {
  deployment: Deployment;
  kinematics: Kinematics;
}): Set<string> =>
  new Set(
    createFeatureBank({ deployment, channels: bindChannels(deployment), kinematics }).features.map(
      (f) => f.name,
    ),
  );
const hasHiddenChannel = ({ channels }: Deployment): boolean =>
  Object.values(channels).some((c) => c.quantity === "hidden" && c.monitored);
/** A plan comes only as the verb plan; the rest can stand in the evidence of any proposal. */
const canBeSaid = (group: string, { gate }: Deployment): boolean => {
  const verbs = Object.values(gate.targets).flatMap((target) => target.verbs);
  return group === "plan" ? verbs.includes("plan") : verbs.length > 0;
};

/** The shares in lines for a person; a part that nothing rests on is left out. */
export function presenceWords(presence: HeadPresence): string[] {
  const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;
  const line = ({ share, needs }: PresentShare, words: string): string[] =>
    share > 0
      ? [`${percent(share)} of V_s ${words}${needs.length === 0 ? "" : `: ${needs.join("; ")}`}`]
      : [];
  return [
    ...line({ ...presence.state, needs: [] }, "rests on what the cell measures"),
    ...line(presence.action, "rests on what a proposal says of itself, and is missing without it"),
    ...line(presence.never, "can never be present in this deployment"),
  ];
}
