import { command, UserError } from "./command.ts";
import { connectToNode, controlOptions, sayOutcome } from "./control-client.ts";

export const ackCommand = command({
  words: ["ack"],
  summary: "acknowledge one latched cause whose condition has ended",
  takes: "<CODE> <source>",
  example: 'cellgate ack ENVELOPE_LATCHED wrist_ft --because "cable replaced"',
  options: controlOptions,
  async run(input, io) {
    const [code, source] = input.positionals;
    if (code === undefined || source === undefined)
      throw new UserError("name the code and the source of the cause", "`cellgate status` lists both");
    const answer = await connectToNode(input).post("/v1/ack", { code, source });
    return sayOutcome(answer, `Acknowledged ${code} of ${source}.`, input, io);
  },
});
