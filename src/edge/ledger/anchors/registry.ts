import type { AnchorConfig } from "../../../core/domain/index.ts";
import type { LedgerCrypto } from "../crypto.ts";
import { directorySink } from "./directory.ts";
import { mqttSink } from "./mqtt.ts";
import type { Sink } from "./sink.ts";
import { witnessSink } from "./witness.ts";

/** One sink per entry of the deployment's list, in its order. */
export const createSinks = (anchors: readonly AnchorConfig[], crypto: LedgerCrypto): Sink[] =>
  anchors.map((anchor) => createSink(anchor, crypto));

function createSink(anchor: AnchorConfig, crypto: LedgerCrypto): Sink {
  switch (anchor.kind) {
    case "directory":
      return directorySink(anchor);
    case "mqtt":
      return mqttSink(anchor);
    case "witness":
      return witnessSink(anchor, crypto);
  }
}
