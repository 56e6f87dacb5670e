import type { Quantity } from "../../sample.ts";
import type { ChannelConfig } from "../channels.ts";
import type { RulesConfig } from "../rules.ts";

/** A mistake in a rule's settings, at the key where it stands. */
export interface RuleIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}
type Channels = Readonly<Record<string, ChannelConfig>>;

/** What one rule's settings say about a channel must fit what the channel is. */
export function checkRules(rules: RulesConfig, channels: Channels): RuleIssue[] {
  const issues: RuleIssue[] = [];
  const look = (path: readonly string[], name: string, wanted: readonly Quantity[]): ChannelConfig | null => {
    const channel = channels[name];
    const at = ["rules", ...path];
    if (channel === undefined) issues.push({ path: at, message: `no channel named "${name}"` });
    else if (!wanted.includes(channel.quantity))
      issues.push({
        path: at,
        message: `channel "${name}" measures ${channel.quantity}; this rule needs ${wanted.join(" or ")}`,
      });
    else if (!channel.required)
      issues.push({
        path: at,
        message: `channel "${name}" is not required; a channel that a rule relies on must be`,
      });
    else return channel;
    return null;
  };
  for (const [name, rule] of Object.entries(rules.force))
    look(["force", name, "channel"], rule.channel, ["wrench"]);
  for (const [name, rule] of Object.entries(rules.contact))
    look(["contact", name, "channel"], rule.channel, ["wrench"]);
  if (rules.pfl !== undefined) {
    look(["pfl", "channel"], rules.pfl.channel, ["wrench"]);
    if (rules.pfl.presence !== undefined)
      look(["pfl", "presence", "channel"], rules.pfl.presence.channel, ["range"]);
  }
  issues.push(...needsJoints(rules, channels));
  for (const name of Object.keys(rules.estop.dual)) look(["estop", "dual", name], name, ["estopDual"]);
  for (const kind of ["proximity", "zones", "separation"] as const)
    for (const [name, rule] of Object.entries(rules[kind])) {
      const channel = look([kind, name, "channel"], rule.channel, ["range", "scan"]);
      if (channel !== null) issues.push(...checkDistance(["rules", kind, name], rule, channel));
    }
  return issues;
}

interface DistanceRule {
  readonly fromRad?: number | undefined;
  readonly toRad?: number | undefined;
  readonly polygonM?: unknown;
  readonly circleM?: unknown;
  readonly frame?: unknown;
  readonly mount?: unknown;
}

/** Angles and polygons mean something on a scan only; separation needs to know where the scanner stands. */
function checkDistance(at: readonly string[], rule: DistanceRule, channel: ChannelConfig): RuleIssue[] {
  const issue = (key: string, message: string): RuleIssue => ({ path: [...at, key], message });
  if (channel.quantity === "range") {
    for (const key of ["fromRad", "toRad", "polygonM", "circleM", "frame", "mount"] as const)
      if (rule[key] !== undefined)
        return [issue(key, "only a scan channel has angles; remove it or name a scan channel")];
    return [];
  }
  if (at[1] === "separation" && rule.mount === undefined && channel.mount === undefined)
    return [issue("mount", "a scan needs `mount`, where the scanner stands in the cell's frame")];
  if (rule.mount !== undefined && channel.mount !== undefined)
    return [issue("mount", "the channel says already where the scanner stands; remove it here")];
  if (rule.fromRad !== undefined && rule.toRad !== undefined && rule.fromRad >= rule.toRad)
    return [issue("toRad", "fromRad must lie below toRad")];
  return [];
}

/** Speed comes from the joints: who limits it, or asks where the arm is, needs a channel that brings them. */
function needsJoints(rules: RulesConfig, channels: Channels): RuleIssue[] {
  if (Object.values(channels).some((c) => c.quantity === "joints" && c.required)) return [];
  const message = "needs a required channel that measures joints";
  const issues: RuleIssue[] = rules.pfl === undefined ? [] : [{ path: ["rules", "pfl"], message }];
  for (const [name, rule] of Object.entries(rules.separation))
    if (rule.mount !== undefined || channels[rule.channel]?.mount !== undefined)
      issues.push({ path: ["rules", "separation", name], message });
  return issues;
}
