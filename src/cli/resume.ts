import type { Command } from "./command.ts";
import { connectToNode, controlOptions, sayOutcome } from "./control-client.ts";

export const resumeCommand: Command = {
  words: ["resume"],
  summary: "let the cell move again; actions proposed before the stop stay void",
  usage: "[--data DIR] [--as NAME] [--reason TEXT] [--url URL] [--json]",
  example: "cellgate resume --as shift_lead",
  options: controlOptions,
  async run(input, io) {
    const answer = await connectToNode(input, io).post("/v1/resume", {});
    return sayOutcome(answer, "Resumed. The cell may move.", input, io);
  },
};
