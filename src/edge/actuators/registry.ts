import { err, ok, type Result } from "../../core/base/result.ts";
import type { Actuator, CommandSender } from "../ports/index.ts";
import type { ActuatorKind } from "./actuator-kind.ts";
import { bool } from "./bool.ts";
import { command } from "./command.ts";
import { controller } from "./controller.ts";
import { follow } from "./follow.ts";
import { heartbeat } from "./heartbeat.ts";
import { relay } from "./relay.ts";
import { trajectory } from "./trajectory.ts";
import { twist } from "./twist.ts";
import { velocity } from "./velocity.ts";

/** Every kind of actuator. A new one is one line here; the contract suite then runs for it. */
export const ACTUATORS: readonly ActuatorKind[] = [
  bool,
  command,
  controller,
  follow,
  heartbeat,
  relay,
  trajectory,
  twist,
  velocity,
];

/** Builds one actuator of a deployment, or says in words for a person why it cannot be. */
export function createActuator(
  name: string,
  raw: { readonly kind: string; readonly [key: string]: unknown },
  sender: CommandSender | undefined,
  kinds: readonly ActuatorKind[] = ACTUATORS,
): Result<Actuator, string> {
  const kind = kinds.find((k) => k.kind === raw.kind);
  if (kind === undefined)
    return err(
      `actuators.${name}.kind: "${raw.kind}" is unknown; known: ${kinds.map((k) => k.kind).join(", ")}`,
    );
  const settings = kind.schema.safeParse(raw);
  if (!settings.success) {
    const issue = settings.error.issues[0]!;
    return err(`actuators.${[name, ...issue.path].join(".")}: ${issue.message}`);
  }
  if (sender === undefined) return err(`actuators.${name}.transport: this transport cannot send`);
  return ok(kind.create(name, settings.data, sender));
}
