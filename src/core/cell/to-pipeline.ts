import type { CellEvent } from "../domain/index.ts";
import type { Pipeline } from "./host.ts";

type PipelineEvent = Extract<
  CellEvent,
  { kind: "proposal" | "trials" | "helper" | "stored" | "approval" | "switch" }
>;

/** Events that are the life of a proposal's alone. */
export function toPipeline(event: PipelineEvent, pipeline: Pipeline): void {
  switch (event.kind) {
    case "proposal":
      return pipeline.proposal(event);
    case "trials":
      return pipeline.trials(event);
    case "helper":
      return pipeline.helper(event);
    case "stored":
      return pipeline.stored(event);
    case "approval":
      return pipeline.approval(event);
    case "switch":
      return pipeline.switchStage(event);
  }
}
