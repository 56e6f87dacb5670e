import { codeEntry, type Deployment, type Severity, severityRank } from "../../core/domain/index.ts";
import { createReflex, type Margin } from "../../core/reflex/index.ts";
import { createKinematics } from "../../core/robot/index.ts";
import type { DeploymentFiles } from "../deployment/index.ts";
import { bindChannels } from "../node.ts";

/** One line of what guards a cell: what is seen, by which rule, against which limit, and what follows. */
export interface GuardRow {
  readonly hazard: string;
  readonly source: string;
  readonly rule: string;
  readonly limit: string;
  readonly reaction: Severity;
  readonly actuators: string;
  readonly clearedBy: string;
}
export interface GuardTable {
  readonly rows: readonly GuardRow[];
  /** what nothing guards, in sentences */
  readonly gaps: readonly string[];
}

/** What the rules of a deployment guard, told by the rules themselves, and what they leave open. */
export function guardTable(deployment: Deployment, files: DeploymentFiles): GuardTable {
  const channels = bindChannels(deployment);
  const { rules } = createReflex({
    deployment,
    channels,
    kinematics: createKinematics(deployment.robot, files.urdf),
    pflLimits: files.pflLimits,
  });
  const chain = Object.keys(deployment.actuators).join(" → ");
  const rows = rules.flatMap((rule) =>
    (rule.margins ?? []).map((margin) => rowOf(rule.name, margin, chain === "" ? "none" : chain)),
  );
  return { rows, gaps: gapsOf(deployment, rows) };
}

function rowOf(rule: string, margin: Margin, actuators: string): GuardRow {
  const { title, severity, clears, clearedBy } = codeEntry(margin.code);
  return {
    hazard: title,
    source: margin.channel,
    rule,
    limit: limitWords(margin),
    reaction: severity,
    actuators,
    clearedBy: clearedBy === null || clears === "condition" ? "itself, when it is over" : clearedBy,
  };
}
function limitWords({ code, unit, above, limit, fixed }: Margin): string {
  if (code === "ARM_IN_FORBIDDEN_ZONE") return "inside, or a stop would end inside";
  if (unit === "0|1") return "reads anything but 1";
  if (!fixed) return `varies, ${unit}`;
  if (limit === 0 && above) return "any";
  return `${above ? "above" : "below"} ${limit} ${unit}`;
}

const has = (deployment: Deployment, ...quantities: string[]): boolean =>
  Object.values(deployment.channels).some((c) => quantities.includes(c.quantity));

/** What a careful reader of the deployment would miss. Each is true of some cells; none is an error by itself. */
function gapsOf(deployment: Deployment, rows: readonly GuardRow[]): string[] {
  const { rules, gate, operators, actuators, channels } = deployment;
  const stops = rows.filter((r) => severityRank(r.reaction) >= severityRank("hold"));
  const single = Object.entries(channels)
    .filter(([, c]) => c.quantity === "estop")
    .map(([name]) => name);
  const gaps: [boolean, string][] = [
    [!has(deployment, "estop", "estopDual"), "no emergency stop is observed"],
    [single.length > 0, `one channel only: ${single.join(", ")} (a dual channel finds a stuck contact)`],
    [!has(deployment, "scan", "range"), "nobody who comes near is seen: no scanner and no range sensor"],
    [
      has(deployment, "scan", "range") &&
        !stops.some((r) => ["zone", "proximity", "separation"].includes(r.rule.split(" ")[0]!)),
      "a scanner or range sensor is bound, and no rule stops for what it sees",
    ],
    [!has(deployment, "wrench"), "no force is felt: a contact goes unnoticed"],
    [
      has(deployment, "wrench") && Object.keys(rules.force).length === 0,
      "forces are read, and no rule limits them",
    ],
    [!has(deployment, "joints"), "the robot's motion is not measured: no stop can be confirmed"],
    [Object.keys(actuators).length === 0, "no actuator: nothing can be stopped"],
    [
      Object.keys(actuators).length === 1,
      "one actuator only: when its stop does not arrive there is no second way",
    ],
    [operators.length === 0, "no operator: nobody can reset, resume or answer a RED"],
    [
      operators.length > 0 && !operators.some((o) => o.roles.includes("approve" as never)),
      "no operator may approve: a RED stays a RED",
    ],
    [Object.keys(gate.targets).length === 0, "no target: every proposal is RED"],
  ];
  return gaps.flatMap(([open, words]) => (open ? [words] : []));
}
