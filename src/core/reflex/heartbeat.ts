import { MICROS_PER_S, msToMicros } from "../domain/index.ts";
import type { ChannelInfo, Rule, RuleFactory } from "./rule.ts";

/** The heartbeat of a source lives by its counter: only an advance restarts the time, arrival does not. */
export const heartbeat: RuleFactory = {
  name: "heartbeat",
  build: ({ deployment, channels }) =>
    channels
      .filter((c) => c.config.quantity === "heartbeat" && c.config.monitored)
      .map((c) => heartbeatRule(c, msToMicros(deployment.rules.heartbeat.stuckMs))),
};

function heartbeatRule({ name, index }: ChannelInfo, stuckUs: number): Rule {
  let counter = -1;
  let advancedAt = -1;
  let jumpedAt = -1;
  return {
    name: `heartbeat ${name}`,
    codes: ["HEARTBEAT_STUCK", "HEARTBEAT_JUMPED"],
    listens: [index],
    onSample(sample, _around, report) {
      const value = sample.values[0]!;
      if (counter < 0) {
        counter = value;
        advancedAt = sample.t;
      } else if (value > counter) {
        counter = value;
        advancedAt = sample.t;
        report.clear("HEARTBEAT_STUCK", name);
      } else if (value < counter) {
        report.raise("HEARTBEAT_JUMPED", name, `counter ${value} after ${counter}`);
        counter = value;
        jumpedAt = sample.t;
      }
    },
    onTick(t, _around, report) {
      if (advancedAt < 0) return;
      if (t - advancedAt > stuckUs && !report.isActive("HEARTBEAT_STUCK", name))
        report.raise(
          "HEARTBEAT_STUCK",
          name,
          `counter ${counter} for ${Math.round((t - advancedAt) / 1_000)} ms`,
        );
      if (jumpedAt < 0 || t - jumpedAt < MICROS_PER_S) return;
      jumpedAt = -1;
      report.clear("HEARTBEAT_JUMPED", name);
    },
  };
}
