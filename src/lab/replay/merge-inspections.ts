import type { Inspection, JointExtent, TopicFacts } from "./inspect-bag.ts";

/** What several recordings of one cell say together: one entry per topic and type, and how long they ran. */
export interface Inspected {
  readonly bags: readonly string[];
  readonly topics: readonly TopicFacts[];
  readonly hours: number;
  readonly urdf: string | null;
}

export function mergeInspections(all: readonly Inspection[]): Inspected {
  const merged = new Map<string, TopicFacts>();
  for (const { topics } of all)
    for (const topic of topics) {
      const key = `${topic.name}\n${topic.type}`;
      const before = merged.get(key);
      merged.set(key, before === undefined ? topic : together(before, topic));
    }
  const topics = [...merged.values()];
  return {
    bags: all.map((inspection) => inspection.bag),
    topics,
    hours: all.reduce((sum, { spanUs }) => sum + spanUs, 0) / 3.6e9,
    urdf: topics.find((topic) => topic.urdf !== null)?.urdf ?? null,
  };
}
function together(a: TopicFacts, b: TopicFacts): TopicFacts {
  // an empty topic of one recording says nothing about the other's
  if (b.messages === 0) return a;
  if (a.messages === 0) return b;
  const values =
    a.values === null || b.values === null
      ? (a.values ?? b.values)
      : {
          smallest: Math.min(a.values.smallest, b.values.smallest),
          largest: Math.max(a.values.largest, b.values.largest),
        };
  const rates = [a.rateHz, b.rateHz].filter((rate) => rate !== null);
  const same = a.jointNames.join() === b.jointNames.join();
  return {
    ...a,
    messages: a.messages + b.messages,
    unreadable: a.unreadable + b.unreadable,
    rateHz: rates.length === 0 ? null : Math.min(...rates),
    longestGapUs: Math.max(a.longestGapUs, b.longestGapUs),
    frozenUs: Math.max(a.frozenUs, b.frozenUs),
    stamped: a.stamped && b.stamped,
    values,
    jointNames: a.jointNames.length > 0 ? a.jointNames : b.jointNames,
    joints: same ? a.joints.map((joint, i) => wider(joint, b.joints[i])) : a.joints,
    positionOnly: a.positionOnly || b.positionOnly,
    urdf: a.urdf ?? b.urdf,
    fan: a.fan ?? b.fan,
  };
}
const wider = (a: JointExtent, b: JointExtent | undefined): JointExtent =>
  b === undefined
    ? a
    : {
        smallestRad: Math.min(a.smallestRad, b.smallestRad),
        largestRad: Math.max(a.largestRad, b.largestRad),
        fastestRadPerS: Math.max(a.fastestRadPerS, b.fastestRadPerS),
      };
