import type { Deployment } from "../../core/domain/index.ts";
import { parseRosRemap, resolveRosName, type RosNameSpace } from "../../edge/wire/index.ts";

interface RosSettings {
  readonly kind: string;
  readonly node?: string;
  readonly namespace?: string;
  readonly remaps?: readonly string[];
}
/** How names are read on this transport when it speaks ROS; null: it does not. */
function rosSpaceOf({ transports }: Deployment, transport: string): RosNameSpace | null {
  const settings = transports[transport] as RosSettings | undefined;
  if (settings?.kind !== "ros2" && settings?.kind !== "dds") return null;
  const remaps = (settings.remaps ?? []).flatMap((text) => {
    const remap = parseRosRemap(text);
    return remap.ok ? [remap.value] : [];
  });
  return { node: settings.node ?? "cellgate", namespace: settings.namespace ?? "/", remaps };
}

/** One name for one topic, however a channel or a listener writes it: `~/x`, `x`, remaps and `topic#field` are resolved. */
export function topicId(deployment: Deployment, transport: string, address: string): string {
  const plain = address.split("#")[0]!;
  const space = rosSpaceOf(deployment, transport);
  if (space !== null) {
    const full = resolveRosName(plain, space);
    return `${transport}:${full.ok ? full.value : plain}`;
  }
  const base = (deployment.transports[transport] as { base?: unknown } | undefined)?.base;
  const full =
    plain.startsWith("~/") && typeof base === "string"
      ? `${base}/${deployment.cell}/${plain.slice(2)}`
      : plain;
  return `${transport}:${full}`;
}

/** The full name that this deployment's own node has in the ROS graph; null: it is no ROS node. */
export function ownNodeName(deployment: Deployment, transport: string): string | null {
  const space = deployment.transports[transport]?.kind === "ros2" ? rosSpaceOf(deployment, transport) : null;
  const name = space === null ? null : resolveRosName("~", space);
  return name?.ok === true ? name.value : null;
}

/** Topics that a ROS transport itself speaks and hears, beside channels and actuators. */
export function ownRosTopics(
  { transports }: Deployment,
  transport: string,
): {
  readonly sends: readonly string[];
  readonly hears: readonly string[];
} {
  const { out, proposals } = transports[transport] as { out?: object; proposals?: object };
  return { sends: Object.keys(out ?? {}), hears: Object.keys(proposals ?? {}) };
}
