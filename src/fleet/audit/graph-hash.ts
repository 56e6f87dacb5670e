import { canonicalBytes } from "../base/canonical.ts";
import { dualHash } from "../base/hash.ts";
import type { AuditGraph } from "../rollout/index.ts";

/** Names the graph that was audited: a rollout asks for the audit of exactly its own plan. */
export const auditHash = (graph: AuditGraph): string =>
  dualHash(canonicalBytes(JSON.parse(JSON.stringify({ nodes: graph.nodes, edges: graph.edges }))));
