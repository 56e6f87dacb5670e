import { z } from "zod";
import type { PermitEffect, Verb } from "../../core/domain/index.ts";
import type { CommandSender } from "../ports/index.ts";
import { isVerb, permitOf } from "./messages.ts";

/** The hand of an arm that is moved by trajectories: commanded by a topic of its own. */
export const gripperShape = {
  gripper: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe("where commands of the hand go; without it a gripper cannot be carried"),
} as const;

interface Ways {
  readonly address: string;
  readonly gripper?: string | undefined;
}
export const armVerbs = ({ gripper }: Pick<Ways, "gripper">): readonly Verb[] =>
  gripper === undefined ? ["trajectory"] : ["trajectory", "gripper"];

/** A permitted trajectory goes to the arm, a permitted gripper to the hand. */
export const armPermit =
  ({ address, gripper }: Ways, sender: CommandSender) =>
  (effect: PermitEffect, nowUs: number): boolean => {
    const message = permitOf(effect, nowUs);
    if (message === null) return false;
    if (isVerb(effect, "trajectory")) return sender.send(address, message);
    return gripper !== undefined && isVerb(effect, "gripper") && sender.send(gripper, message);
  };
