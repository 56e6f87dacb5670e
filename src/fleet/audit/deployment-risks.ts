import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Deployment } from "../../core/domain/index.ts";
import type { AuditNode, Place, Unknown } from "../../core/audit/index.ts";
import { topicId } from "./wire-name.ts";

type At = (path: readonly string[]) => Place;

/** A channel that reads what the cell itself writes measures nothing: the arm is not on that way. */
export function selfHeard(deployment: Deployment, at: At): Unknown[] {
  const writes = new Map(
    Object.entries(deployment.actuators).map(([name, a]) => [
      topicId(deployment, a.transport, a.address),
      name,
    ]),
  );
  return Object.entries(deployment.channels).flatMap(([name, c]): Unknown[] => {
    const topic = topicId(deployment, c.transport, c.address);
    const actuator = writes.get(topic);
    if (actuator === undefined) return [];
    return [
      {
        question: "feedback loops",
        code: "AUDIT_FEEDBACK_LOOP",
        severity: "blocker",
        what: `cell ${deployment.cell} → ${topic} → cell ${deployment.cell}: channel ${name} hears what actuator ${actuator} is told`,
        place: at(["channels", name]),
        safeguard: "let the channel read what the robot measures, on a topic of its own",
      },
    ];
  });
}

interface Dated {
  readonly nodes: readonly AuditNode[];
  readonly unknown: readonly Unknown[];
}
const FILES = ["caFile", "certFile"] as const;
/** Certificates end at a date, on every cell that was made from the same file on the same day. */
export function certificatesOf(deployment: Deployment, folder: string, at: At, nowMs = Date.now()): Dated {
  const nodes: AuditNode[] = [];
  const unknown: Unknown[] = [];
  const look = (tls: unknown, path: readonly string[]): void => {
    for (const key of FILES) {
      const file = (tls as Partial<Record<string, string>> | undefined)?.[key];
      if (file === undefined) continue;
      const place = at([...path, "tls", key]);
      const ends = endOf(resolve(folder, file));
      if (ends !== null)
        nodes.push({ id: `certificate ${file}`, kind: "part", place, expiresInS: (ends - nowMs) / 1_000 });
      else
        unknown.push({
          question: "time bombs",
          what: `certificate ${file} cannot be read here: when it ends is not known`,
          place,
          safeguard: "audit where the file is, with the right to read it",
        });
    }
  };
  for (const [name, transport] of Object.entries(deployment.transports))
    look((transport as { readonly tls?: unknown }).tls, ["transports", name]);
  look(deployment.fleet?.tls, ["fleet"]);
  return { nodes, unknown };
}
function endOf(path: string): number | null {
  try {
    const ends = Date.parse(new X509Certificate(readFileSync(path)).validTo);
    return ends === ends ? ends : null;
  } catch {
    return null;
  }
}
