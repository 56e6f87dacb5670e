import { err, ok, type Result } from "../base/result.ts";
import type { GateConfig, Proposal } from "../domain/index.ts";
import { type Precedence, precedenceOf } from "./precedence.ts";
import { type Refusal, refusal } from "./refusal.ts";

type PlanArgs = Extract<Proposal, { verb: "plan" }>["args"];
export type SkillConfig = GateConfig["skills"][string];

/** One step of a program or plan, in an order in which it may run. */
export interface Step {
  readonly name: string;
  readonly skill: string;
  readonly zone: string | null;
  readonly acquires: readonly string[];
  readonly releases: readonly string[];
}
export interface CheckedPlan {
  readonly steps: readonly Step[];
  readonly locks: readonly string[];
  readonly highRisk: boolean;
}

/** A program is a plan whose steps follow one another. */
export function checkProgram(tokens: readonly string[], gate: GateConfig): Result<CheckedPlan, Refusal> {
  const steps = tokens.map(
    (skill, i): Step => ({ name: `${i + 1}:${skill}`, skill, zone: null, acquires: [], releases: [] }),
  );
  const edges = steps.slice(1).map((_, i): [number, number] => [i, i + 1]);
  return check(steps, edges, gate);
}

export function checkPlan(args: PlanArgs, gate: GateConfig): Result<CheckedPlan, Refusal> {
  const place = new Map<string, number>();
  for (const node of args.nodes) {
    if (place.has(node.id)) return err(refusal("PLAN_MALFORMED", `two nodes are called "${node.id}"`));
    place.set(node.id, place.size);
  }
  const edges: [number, number][] = [];
  for (const [from, to] of args.edges) {
    const a = place.get(from);
    const b = place.get(to);
    if (a === undefined || b === undefined)
      return err(refusal("PLAN_MALFORMED", `edge "${from}" → "${to}" leads nowhere`));
    edges.push([a, b]);
  }
  const steps = args.nodes.map(
    (n): Step => ({
      name: n.id,
      skill: n.skill,
      zone: n.zone ?? null,
      acquires: n.acquires ?? [],
      releases: n.releases ?? [],
    }),
  );
  return check(steps, edges, gate);
}

function check(
  steps: readonly Step[],
  edges: readonly (readonly [number, number])[],
  gate: GateConfig,
): Result<CheckedPlan, Refusal> {
  const graph = precedenceOf(steps.length, edges);
  if (!graph.ok) return err(refusal("PLAN_CYCLIC", graph.circle.map((i) => steps[i]!.name).join(" → ")));
  const bad =
    firstBad(steps, (step) => badSkill(step, gate)) ??
    badPreconditions(steps, graph.value, gate) ??
    badRepetition(steps, gate) ??
    badLocks(steps, graph.value, gate);
  if (bad !== null) return err(bad);
  const locks = [...new Set(steps.flatMap((s) => s.acquires))].sort();
  const highRisk = steps.some((s) => skillOf(s, gate).risk === "high");
  return ok({ steps: graph.value.order.map((i) => steps[i]!), locks, highRisk });
}

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;
const skillOf = (step: Step, gate: GateConfig): SkillConfig => own(gate.skills, step.skill)!;

function firstBad(steps: readonly Step[], judge: (step: Step) => Refusal | null): Refusal | null {
  for (const step of steps) {
    const bad = judge(step);
    if (bad !== null) return bad;
  }
  return null;
}

function badSkill(step: Step, gate: GateConfig): Refusal | null {
  const skill = own(gate.skills, step.skill);
  if (skill === undefined) return refusal("SKILL_UNKNOWN", `"${step.skill}"`);
  if (step.zone === null) return null;
  const zone = own(gate.zones, step.zone);
  if (zone === undefined || zone.kind === "forbidden")
    return refusal("ZONE_FORBIDDEN", `"${step.name}" works in "${step.zone}"`);
  if (skill.zones.length > 0 && !skill.zones.includes(step.zone))
    return refusal("ZONE_FORBIDDEN", `skill "${step.skill}" may not work in "${step.zone}"`);
  return null;
}

function badRepetition(steps: readonly Step[], gate: GateConfig): Refusal | null {
  const seen = new Set<string>();
  return firstBad(steps, (step) => {
    if (skillOf(step, gate).repeatable || !seen.has(step.skill)) {
      seen.add(step.skill);
      return null;
    }
    return refusal("SKILL_PRECONDITION", `"${step.skill}" may run once`);
  });
}

/** In every order that the graph allows, each need must hold when its step begins. */
function badPreconditions(steps: readonly Step[], graph: Precedence, gate: GateConfig): Refusal | null {
  const removers = new Map<string, number[]>();
  const givers = new Map<string, number[]>();
  steps.forEach((step, i) => {
    const skill = skillOf(step, gate);
    for (const fact of skill.removes) push(removers, fact, i);
    for (const fact of skill.gives) if (!skill.removes.includes(fact)) push(givers, fact, i);
  });
  for (let i = 0; i < steps.length; i++)
    for (const fact of skillOf(steps[i]!, gate).requires) {
      const threats = (removers.get(fact) ?? []).filter((r) => r !== i && !graph.before(i, r));
      const given = (givers.get(fact) ?? []).some(
        (g) => graph.before(g, i) && threats.every((r) => graph.before(r, g)),
      );
      if (!given && !(gate.facts.includes(fact) && threats.length === 0))
        return refusal("SKILL_PRECONDITION", `"${steps[i]!.name}" needs "${fact}"`);
    }
  return null;
}

/** Who touches a lock must stand in one line, and take and release it in turn. */
function badLocks(steps: readonly Step[], graph: Precedence, gate: GateConfig): Refusal | null {
  const users = new Map<string, number[]>();
  for (const i of graph.order)
    for (const lock of new Set([...steps[i]!.acquires, ...steps[i]!.releases])) push(users, lock, i);
  for (const [lock, line] of users) {
    if (!gate.locks.includes(lock)) return refusal("LOCK_UNKNOWN", `"${lock}"`);
    const bad = badLine(lock, line, steps, graph);
    if (bad !== null) return bad;
  }
  return null;
}

function badLine(
  lock: string,
  line: readonly number[],
  steps: readonly Step[],
  graph: Precedence,
): Refusal | null {
  let held = false;
  for (let k = 0; k < line.length; k++) {
    const step = steps[line[k]!]!;
    if (k > 0 && !graph.before(line[k - 1]!, line[k]!))
      return refusal("LOCK_UNBALANCED", `"${lock}": "${step.name}" may run beside another user`);
    const takes = step.acquires.filter((l) => l === lock).length;
    const gives = step.releases.filter((l) => l === lock).length;
    if (takes > 1 || gives > 1 || (takes === 1 && held) || (gives === 1 && takes === 0 && !held))
      return refusal("LOCK_UNBALANCED", `"${lock}" at "${step.name}"`);
    held = gives === 1 ? false : held || takes === 1;
  }
  return held ? refusal("LOCK_UNBALANCED", `"${lock}" is held at the end`) : null;
}

function push<K>(map: Map<K, number[]>, key: K, value: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
