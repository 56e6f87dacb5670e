import { codeEntry, type Deployment } from "../core/domain/index.ts";
import { createActuator } from "../edge/actuators/index.ts";
import type { Actuator, CommandSender } from "../edge/ports/index.ts";
import { rosCarries } from "../edge/transports/ros/index.ts";
import { type GoodConfig, readDeploymentParts } from "../node/deployment/index.ts";
import { type Reached, reachOf } from "../node/index.ts";
import { UserError } from "./command.ts";

/** What is wrong with how a deployment moves and stops its robot: errors refuse it, words are only said. */
interface Found {
  readonly errors: readonly string[];
  readonly words: readonly string[];
}
const POSE_LIKE = 0.5;
const ROS: ReadonlySet<string> = new Set(["ros2", "dds"]);

/** Words about what the deployment cannot do; refused when its gate could not hold what it lets run. */
export async function checkWords(config: GoodConfig): Promise<readonly string[]> {
  const { errors, words } = actuatorWords(config.deployment);
  if (errors.length > 0)
    throw new UserError(
      `${errors.length} problem${errors.length === 1 ? "" : "s"} in ${config.file}\n${errors.join("\n")}`,
      "give the actuator a way to end a motion, or keep the gate in shadow (stage 0)",
    );
  if (Object.keys(config.deployment.gate.targets).length === 0) return words;
  const parts = readDeploymentParts(config, 1);
  return parts.ok ? [...words, ...reachWords(await reachOf(config, parts.value))] : words;
}

/** Each actuator is built and asked what its own address can carry; nothing is sent. */
function actuatorWords(deployment: Deployment): Found {
  const errors: string[] = [];
  const words: string[] = [];
  const moving = new Set(Object.values(deployment.gate.targets).map((t) => t.actuator ?? first(deployment)));
  for (const [name, raw] of Object.entries(deployment.actuators)) {
    const made = createActuator(name, raw, drySender(deployment, raw.transport));
    if (!made.ok || raw.kind === "sim" || !made.value.moves) continue;
    const can = abilitiesOf(made.value, deployment);
    // a receiver of commands answers over MQTT; a ROS topic answers nothing
    const ros = ROS.has(deployment.transports[raw.transport]?.kind ?? "");
    const told = raw.reports !== undefined || raw.kind === "follow" || (raw.kind === "command" && !ros);
    if (deployment.gate.stage > 0 && moving.has(name) && !can.revoke && !told)
      errors.push(
        `actuators.${name}: stage ${deployment.gate.stage} lets actions run, but ${raw.kind} on ${raw.address} can neither tell of their end nor end them`,
      );
    else if (moving.has(name) && !can.revoke)
      words.push(
        `actuators.${name}: a permit cannot be taken back on ${raw.address}; it becomes a stop (REVOKE_NOT_CARRIED)`,
      );
    if (!can.slow && slows(deployment))
      words.push(
        `actuators.${name}: ${raw.kind} on ${raw.address} cannot be slowed, so every slow rule stops the cell (SLOW_NOT_CARRIED)${raw.kind === "trajectory" || raw.kind === "follow" ? "; name a topic with `slow:`" : ""}`,
      );
  }
  return { errors, words };
}

/** Said when not even the calmest action in a clear cell would pass. */
function reachWords(reached: Reached): readonly string[] {
  if (reached.kind === "unknown")
    return [`not checked whether a proposal can pass: a clear cell was not ready (${reached.why})`];
  return reached.targets
    .filter(({ verdict }) => verdict === "RED")
    .map(
      ({ target, verb, code, reason }) =>
        `no proposal can ever pass: ${verb} at ${target} is RED even when it hardly moves and nobody is near, because ${code} (${reason}). ${codeEntry(code).remedy}`,
    );
}

const first = ({ actuators }: Deployment): string => Object.keys(actuators)[0] ?? "";

/** Takes what the transport's encoding of that address has words for. */
function drySender({ transports, robot }: Deployment, name: string): CommandSender {
  const transport = transports[name];
  if (transport === undefined || !ROS.has(transport.kind)) return { send: () => true };
  const joints = robot.joints.map((joint) => joint.name);
  return { send: (address, message) => rosCarries(transport, joints, address, message) };
}

function abilitiesOf(actuator: Actuator, { robot }: Deployment): { revoke: boolean; slow: boolean } {
  const pose = robot.joints.map(() => 0);
  return {
    revoke: actuator.revoke({
      kind: "revoke",
      actionId: "check" as never,
      actuator: 0 as never,
      code: "PERMIT_EXPIRED",
      pose,
    }),
    slow: actuator.slow({ kind: "slow", scale: POSE_LIKE }),
  };
}

/** Some rule of the deployment can make the cell slow. */
function slows({ rules }: Deployment): boolean {
  const text = JSON.stringify(rules);
  return /"(?:slow[A-Z]\w*|approach\w*)":|"action":"slow"/.test(text);
}
