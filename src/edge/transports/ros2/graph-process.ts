import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { RosParts } from "../ros/index.ts";
import { importRcl, type RclGraphNode } from "./rcl.ts";

/** What the process that looks is asked, and what it answers. */
export interface GraphQuestion {
  readonly binding: string;
  /** null: the environment's */
  readonly domainId: number | null;
  readonly seconds: number;
}
export interface GraphAnswer {
  readonly parts: ReturnType<RosParts["list"]>;
  /** full names that more than one node bears: the middleware tells of only one of them */
  readonly twice: readonly string[];
}
const LOOK_MS = 100;
const PARTS_MAX = 4_096;

/** hidden, as names with an underscore are, and not to be confused with a node of the same name elsewhere */
const OWN_NAME = `_cellgate_audit_${randomBytes(6).toString("hex")}`;
const fullName = (namespace: string, name: string): string => `${namespace.replace(/\/$/, "")}/${name}`;

const SIDES = [
  ["publishes", "getPublisherNamesAndTypesByNode"],
  ["subscribes", "getSubscriptionNamesAndTypesByNode"],
  ["serves", "getServiceNamesAndTypesByNode"],
  ["calls", "getClientNamesAndTypesByNode"],
] as const;

function look(node: RclGraphNode, parts: RosParts, twice: Set<string>): void {
  const now = new Set<string>();
  for (const { name, namespace } of node.getNodeNamesAndNamespaces()) {
    if (name === OWN_NAME) continue;
    const full = fullName(namespace, name);
    if (now.has(full)) twice.add(full);
    now.add(full);
    parts.part(full, full);
    for (const [side, ask] of SIDES) {
      try {
        for (const { name: topic } of node[ask](name, namespace)) parts.add(full, side, topic);
      } catch {
        // it has gone between the two questions
      }
    }
  }
}

async function watch({ binding, domainId, seconds }: GraphQuestion): Promise<GraphAnswer> {
  const rcl = await importRcl(binding);
  const context = domainId === null ? new rcl.Context() : new rcl.Context(BigInt(domainId));
  await rcl.init(context, []);
  const node = rcl.createNode(OWN_NAME, "", context, new rcl.NodeOptions(false, [], false, false, false));
  const parts = new RosParts(PARTS_MAX);
  const twice = new Set<string>();
  for (const end = Date.now() + seconds * 1_000; Date.now() < end; await pause(LOOK_MS))
    look(node, parts, twice);
  look(node, parts, twice);
  node.destroy();
  rcl.shutdown(context);
  return { parts: parts.list(), twice: [...twice] };
}

// whoever asked has gone
process.once("disconnect", () => process.exit(0));
process.once("message", (question: GraphQuestion) => {
  void watch(question).then((answer) => {
    process.send?.(answer, () => process.exit(0));
  });
});
