import type { Code, HealthEvent } from "../domain/index.ts";
import type { Rule, RuleFactory } from "./rule.ts";

/** What transports say when somebody else publishes where only one may. */
export const FOREIGN_CODES: ReadonlySet<Code> = new Set<Code>([
  "FOREIGN_PUBLISHER",
  "MQTT_FOREIGN_PUBLISHER",
  "ROS_FOREIGN_PUBLISHER",
]);

/** Two publishers on a safety topic, or a foreign one on a command topic. Stops the cell unless told to note it only. */
export const foreignPublisher: RuleFactory = {
  name: "foreignPublisher",
  build: ({ deployment }) => [foreignRule(deployment.rules.foreignPublisher.action)],
};

function foreignRule(action: "stop" | "warn"): Rule {
  const codeOf = (event: HealthEvent): Code => (action === "stop" ? event.code : "FOREIGN_PUBLISHER_NOTED");
  return {
    name: "foreignPublisher",
    codes: [...FOREIGN_CODES, "FOREIGN_PUBLISHER_NOTED"],
    listens: [],
    onHealth(event, _around, report) {
      if (!FOREIGN_CODES.has(event.code)) return;
      if (event.active) report.raise(codeOf(event), event.part, event.detail);
      else report.clear(codeOf(event), event.part);
    },
  };
}
