import { command } from "./command.ts";
import { connectToNode, controlOptions, sayOutcome } from "./control-client.ts";

export const resumeCommand = command({
  words: ["resume"],
  summary: "let the cell move again; actions proposed before the stop stay void",
  example: "cellgate resume --as shift_lead",
  options: controlOptions,
  async run(input, io) {
    const answer = await connectToNode(input).post("/v1/resume", {});
    return sayOutcome(answer, "Resumed. The cell may move.", input, io);
  },
});
