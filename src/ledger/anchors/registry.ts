import { z } from "zod";
import type { Deployment } from "../../domain/index.ts";
import type { LedgerCrypto } from "../crypto.ts";
import { directorySettings, directorySink } from "./directory.ts";
import { mqttSettings, mqttSink } from "./mqtt.ts";
import type { Sink } from "./sink.ts";
import { witnessSettings, witnessSink } from "./witness.ts";

/** Settings of every kind of sink; unknown keys are errors. */
export const anchorSettings = z.discriminatedUnion("kind", [
  directorySettings,
  mqttSettings,
  witnessSettings,
]);
export type AnchorSettings = z.infer<typeof anchorSettings>;

/** Words for a person on what is wrong with the sinks of a deployment; empty when nothing is. */
export function anchorProblems(settings: Deployment["ledger"]): string[] {
  return settings.anchors.flatMap((entry, i) => {
    const parsed = anchorSettings.safeParse(entry);
    return parsed.success
      ? []
      : parsed.error.issues.map((issue) => `ledger.anchors[${i}].${issue.path.join(".")}: ${issue.message}`);
  });
}

export function createSinks(settings: Deployment["ledger"], crypto: LedgerCrypto): Sink[] {
  return settings.anchors.map((entry) => {
    const parsed = anchorSettings.parse(entry);
    switch (parsed.kind) {
      case "directory":
        return directorySink(parsed);
      case "mqtt":
        return mqttSink(parsed);
      case "witness":
        return witnessSink(parsed, crypto);
    }
  });
}
