/**
 * Receipts that say what a node has to know again at its next start. Each shard marks the newest of its own, so that a start
 * finds them without reading the shard.
 */
export const KEPT_MARKS = {
  state: "newest state",
  stage: "newest switch",
  promoted: "newest promoted",
} as const;
export type KeptMark = (typeof KEPT_MARKS)[keyof typeof KEPT_MARKS];

/** The mark that a receipt moves; null: none. Only rare kinds are looked into. */
export function keptMark(type: string, body: Buffer): KeptMark | null {
  if (type === "state_change") return KEPT_MARKS.state;
  if (type !== "config_change" && type !== "promotion") return null;
  const said = readBody(body);
  if (type === "promotion") return said["outcome"] === "promoted" ? KEPT_MARKS.promoted : null;
  // where the node itself went because it could not read what was kept, a person has not chosen
  const outcome = (said["details"] as { outcome?: unknown } | undefined)?.outcome;
  return said["what"] === "gate.stage" && outcome === "switched" ? KEPT_MARKS.stage : null;
}

export function readBody(bytes: Buffer): Record<string, unknown> {
  try {
    const { body, config_hash } = JSON.parse(bytes.toString("utf8")) as {
      body?: Record<string, unknown>;
      config_hash?: unknown;
    };
    return { ...body, config_hash };
  } catch {
    // a receipt that is no JSON is refused by its schema, elsewhere
    return {};
  }
}
