export { type AuditResult, audit, type Finding, type WorstCase } from "./audit.ts";
export { cyclicComponents } from "./components.ts";
export { dotOf } from "./dot.ts";
export {
  type AuditEdge,
  type AuditGraph,
  type AuditNode,
  type Machine,
  type Place,
  QUESTIONS,
  type Question,
  type Unknown,
} from "./graph.ts";
