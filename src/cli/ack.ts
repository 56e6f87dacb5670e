import { type Command, UserError } from "./command.ts";
import { connectToNode, controlOptions, sayOutcome } from "./control-client.ts";

export const ackCommand: Command = {
  words: ["ack"],
  summary: "acknowledge one latched cause whose condition has ended",
  usage: "<CODE> <source> [--data DIR] [--as NAME] [--reason TEXT] [--url URL] [--json]",
  example: 'cellgate ack ENVELOPE_LATCHED wrist_ft --reason "cable replaced"',
  options: controlOptions,
  async run(input, io) {
    const [code, source] = input.positionals;
    if (code === undefined || source === undefined)
      throw new UserError("name the code and the source of the cause", "`cellgate status` lists both");
    const answer = await connectToNode(input, io).post("/v1/ack", { code, source });
    return sayOutcome(answer, `Acknowledged ${code} of ${source}.`, input, io);
  },
};
