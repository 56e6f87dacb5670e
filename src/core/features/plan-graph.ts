import type { Proposal } from "../domain/index.ts";
import { perProposal } from "./per-proposal.ts";

type Plan = Extract<Proposal, { verb: "plan" }>["args"];

/** Size and shape of a plan, and the resources that it holds at once. */
export const planGraph = perProposal({
  name: "plan",
  needs: "a proposal with the verb plan",
  specs: [
    { name: "plan_nodes", unit: "count", windowMs: 0, direction: 1, meaning: "steps of the plan" },
    { name: "plan_edges", unit: "count", windowMs: 0, direction: 1, meaning: "orderings between steps" },
    {
      name: "plan_depth",
      unit: "count",
      windowMs: 0,
      direction: 1,
      meaning: "longest chain of steps; all of them when the plan runs in a circle",
    },
    {
      name: "plan_locks_held",
      unit: "count",
      windowMs: 0,
      direction: 1,
      meaning: "most resources held at once when the steps run in the listed order",
    },
    {
      name: "plan_locks_kept",
      unit: "count",
      windowMs: 0,
      direction: 1,
      meaning: "resources that the plan acquires and never releases",
    },
  ],
  read(proposal, out) {
    if (proposal.verb !== "plan") return false;
    const { nodes, edges } = proposal.args;
    const locks = heldLocks(proposal.args);
    out[0] = nodes.length;
    out[1] = edges.length;
    out[2] = depth(proposal.args);
    out[3] = locks.most;
    out[4] = locks.kept;
    return true;
  },
});

/** Longest path in steps, by taking away what waits for nothing; what cannot be taken away is a circle. */
function depth({ nodes, edges }: Plan): number {
  const level = new Map(nodes.map((node) => [node.id, 1]));
  const waits = new Map(nodes.map((node) => [node.id, 0]));
  const after = new Map<string, string[]>(nodes.map((node) => [node.id, []]));
  for (const [from, to] of edges) {
    if (!after.has(from) || !waits.has(to)) continue;
    after.get(from)?.push(to);
    waits.set(to, (waits.get(to) ?? 0) + 1);
  }
  const ready = nodes.filter((node) => waits.get(node.id) === 0).map((node) => node.id);
  let longest = 0;
  for (let i = 0; i < ready.length; i++) {
    const id = ready[i] as string;
    const here = level.get(id) ?? 1;
    longest = Math.max(longest, here);
    for (const to of after.get(id) ?? []) {
      level.set(to, Math.max(level.get(to) ?? 1, here + 1));
      const left = (waits.get(to) ?? 0) - 1;
      waits.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  return ready.length < waits.size ? waits.size : longest;
}

function heldLocks({ nodes }: Plan): { most: number; kept: number } {
  const held = new Set<string>();
  let most = 0;
  for (const node of nodes) {
    for (const name of node.acquires ?? []) held.add(name);
    most = Math.max(most, held.size);
    for (const name of node.releases ?? []) held.delete(name);
  }
  return { most, kept: held.size };
}
