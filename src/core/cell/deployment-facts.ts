import { type Deployment, msToMicros } from "../domain/index.ts";
import type { ChannelInfo } from "../reflex/index.ts";
import type { ChainSetting } from "./stop-chain.ts";

/** What the chain of actuators needs to know of a deployment. */
export function chainSetting(
  deployment: Deployment,
  channels: readonly ChannelInfo[],
  obeyed: boolean,
): ChainSetting {
  const joints = channels.find((c) => c.config.quantity === "joints" && c.config.monitored);
  return {
    links: Object.entries(deployment.actuators).map(([name, a]) => ({
      name,
      confirmMs: a.confirmMs,
      atOnce: a.asked === "at-once",
    })),
    standstillRadPerS: deployment.robot.standstillRadPerS,
    motionMaxAgeUs: joints === undefined ? 0 : msToMicros(joints.config.maxAgeMs),
    confirmsByMotion: obeyed && joints !== undefined,
  };
}

/** Checks that the deployment switched off, with the reasons that it gave. */
export function switchedOff(deployment: Deployment): [string, string][] {
  const found: [string, string][] = [];
  const look = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    const entry = value as { monitored?: unknown; because?: unknown };
    if (entry.monitored === false) found.push([path, String(entry.because)]);
    for (const [key, inner] of Object.entries(value)) look(inner, path === "" ? key : `${path}.${key}`);
  };
  look(deployment.channels, "channels");
  look(deployment.rules, "rules");
  return found;
}
