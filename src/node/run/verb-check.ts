import { type Deployment, type Verb, VERBS } from "../../core/domain/index.ts";
import { takesSkillsByName } from "../../core/gate/index.ts";
import type { FoundProblem } from "../deployment/index.ts";
import type { Registries } from "../extensions/index.ts";
import { verbsCarried } from "./edge-kinds.ts";

const PLANS: readonly Verb[] = ["plan", "program"];

/**
 * A verb that a target allows and no actuator of it can hand over would stop the cell with its first GREEN. Plans and
 * programs run step by step, so it is their skills that have to be carried.
 */
export function verbProblems(
  deployment: Deployment,
  registries: Pick<Registries, "actuators">,
): FoundProblem[] {
  return Object.entries(deployment.gate.targets).flatMap(([name, { verbs, actuator }]) => {
    const chosen = actuator ?? Object.keys(deployment.actuators)[0];
    const settings = chosen === undefined ? undefined : deployment.actuators[chosen];
    const path = ["gate", "targets", name];
    // a name that no actuator has is found with the frame
    if (settings === undefined) return [];
    const carried = verbsCarried(settings, registries);
    if (carried === null) return [];
    const others = carriers(deployment, registries);
    return verbs.flatMap((verb, i): FoundProblem[] => {
      const known = VERBS.find((v) => v === verb);
      if (known === undefined || carried.includes(known)) return [];
      if (PLANS.includes(known)) return planProblems(known, chosen!, carried, deployment);
      return [
        {
          path: [...path, "verbs", i],
          message: `actuator "${chosen}" (${settings.kind}) cannot carry ${verb}: it takes ${listed(carried)}; ${remedy(known, settings.kind, others(known))}`,
        },
      ];
    });
  });
}
const listed = (verbs: readonly string[]): string => (verbs.length === 0 ? "no action" : verbs.join(", "));

const carriers =
  ({ actuators }: Deployment, registries: Pick<Registries, "actuators">) =>
  (verb: Verb): string[] =>
    Object.entries(actuators)
      .filter(([, settings]) => verbsCarried(settings, registries)?.includes(verb) === true)
      .map(([name]) => name);

function remedy(verb: Verb, kind: string, others: readonly string[]): string {
  if (others.length > 0) return `write actuator: ${others.join(" or ")}, or remove the verb`;
  return verb === "gripper" && (kind === "trajectory" || kind === "follow")
    ? "give the actuator `gripper:` with the topic of the hand, or remove the verb"
    : "remove the verb, or add an actuator of kind command";
}

/** Every skill may be a step of a plan here: each must state what is commanded, to a receiver that takes it. */
function planProblems(
  verb: Verb,
  actuator: string,
  carried: readonly Verb[],
  deployment: Deployment,
): FoundProblem[] {
  const { skills, targets } = deployment.gate;
  return Object.entries(skills).flatMap(([name, skill]): FoundProblem[] => {
    const path = ["gate", "skills", name];
    if (skill.pause === true) return [];
    if (skill.gripper !== undefined) {
      const hand = Object.values(targets).find((t) => t.path === skill.gripper!.target);
      return hand?.verbs.includes("gripper") === true
        ? []
        : [
            {
              path: [...path, "gripper", "target"],
              message: `no target "${skill.gripper.target}" allows the verb gripper; add it to gate.targets`,
            },
          ];
    }
    if (skill.waypoints.length > 0)
      return carried.includes("trajectory")
        ? []
        : [
            {
              path,
              message: `a ${verb} with "${name}" is a trajectory, and actuator "${actuator}" takes ${listed(carried)}; name another actuator at the target`,
            },
          ];
    return takesSkillsByName(actuator, deployment)
      ? []
      : [
          {
            path,
            message: `a ${verb} with "${name}" commands nothing that actuator "${actuator}" can carry; give the skill waypoints, a gripper or \`pause: true\``,
          },
        ];
  });
}
