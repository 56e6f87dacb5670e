import { readFileSync } from "node:fs";
import { codeEntry, type Deployment } from "../core/domain/index.ts";
import { boundedYaml } from "../edge/files/index.ts";
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
  const said = [...wireWords(config), ...words];
  if (Object.keys(config.deployment.gate.targets).length === 0) return said;
  const parts = readDeploymentParts(config, 1);
  return parts.ok ? [...said, ...reachWords(await reachOf(config, parts.value))] : said;
}

/** A DDS wire meets only what its network and the others' middleware let it meet. */
function wireWords({ deployment: { transports }, file }: GoodConfig): string[] {
  const middleware = process.env["RMW_IMPLEMENTATION"] ?? "";
  return Object.entries(transports).flatMap(([name, transport]) => {
    if (transport.kind !== "dds") return [];
    const { network, multicast, peers } = transport as {
      network?: string;
      multicast?: boolean;
      peers?: readonly string[];
    };
    const found: string[] = [];
    if (middleware.startsWith("rmw_zenoh"))
      found.push(
        `transports.${name}: RMW_IMPLEMENTATION is ${middleware}, of which DDS sees nothing; a start refuses kind: dds, use kind: ros2`,
      );
    if (!isNamed(file, name))
      found.push(
        `transports.${name}: no \`network\` is named, so only nodes of this machine that speak on loopback are met (ROS_LOCALHOST_ONLY=1); name the interface that the robot is on, with multicast: true or peers, or write network: lo`,
      );
    else if (
      network !== undefined &&
      !/^(lo$|127\.)/.test(network) &&
      multicast !== true &&
      (peers ?? []).length === 0
    )
      found.push(
        `transports.${name}: on ${network} without multicast and peers only this machine is looked at; ROS nodes elsewhere are not met`,
      );
    return found;
  });
}

/** The deployment's own text says which network; a default that was filled in says nothing about the robot. */
function isNamed(file: string, transport: string): boolean {
  try {
    const read = boundedYaml(readFileSync(file, "utf8"));
    const raw = (read.ok ? read.raw : {}) as { transports?: Record<string, { network?: unknown }> };
    return raw.transports?.[transport]?.network !== undefined;
  } catch {
    // handed over as an object: whoever wrote it knows
    return true;
  }
}

/** Each actuator is built and asked what its own address can carry; nothing is sent. */
function actuatorWords(deployment: Deployment): Found {
  const errors: string[] = [];
  const words: string[] = [];
  const moving = new Set(Object.values(deployment.gate.targets).map((t) => t.actuator ?? first(deployment)));
  for (const [name, raw] of Object.entries(deployment.actuators)) {
    const made = createActuator(name, raw, drySender(deployment, raw.transport));
    if (!made.ok || raw.kind === "sim" || !made.value.moves) continue;
    if (raw.command !== undefined) {
      const words = velocityWords(name, raw, made.value, deployment);
      if (words !== null) errors.push(words);
      continue;
    }
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

/** A velocity filter has to have a way out that carries velocities of its command channel. */
function velocityWords(
  name: string,
  { address, transport, command }: Deployment["actuators"][string],
  actuator: Actuator,
  { channels, robot, transports }: Deployment,
): string | null {
  const width = channels[command ?? ""]?.quantity === "twistCommand" ? 6 : robot.joints.length;
  const values = Array.from({ length: width }, () => 0);
  const carried = actuator.velocity?.({ kind: "velocity", actuator: 0 as never, values }) === true;
  if (carried && ROS.has(transports[transport]?.kind ?? "")) return null;
  return `actuators.${name}: ${address} carries no velocities of ${command}; a twistCommand goes out as geometry_msgs/Twist or TwistStamped, a jogCommand as control_msgs/JointJog`;
}

/** Some rule of the deployment can make the cell slow. */
function slows({ rules }: Deployment): boolean {
  const text = JSON.stringify(rules);
  return /"(?:slow[A-Z]\w*|approach\w*)":|"action":"slow"/.test(text);
}
