import { canonicalBytes } from "../../core/base/canonical.ts";
import { dualHash } from "../../core/base/hash.ts";
import type { AuditGraph } from "../../core/audit/index.ts";

/** Names the graph that was audited: a rollout asks for the audit of exactly its own plan. */
export const auditHash = (graph: AuditGraph): string =>
  dualHash(canonicalBytes(JSON.parse(JSON.stringify({ nodes: graph.nodes, edges: graph.edges }))));
