import { command } from "./command.ts";
import { connectToNode, controlOptions, sayOutcome } from "./control-client.ts";

/** Releases and presses the reset: only a rising edge counts, and it never starts motion. */
export const resetCommand = command({
  words: ["reset"],
  summary: "clear latched causes whose condition has ended; never starts motion",
  example: 'cellgate reset --because "person has left the cell"',
  options: controlOptions,
  async run(input, io) {
    const node = connectToNode(input);
    await node.post("/v1/reset", { level: 0 });
    const pressed = await node.post("/v1/reset", { level: 1 });
    await node.post("/v1/reset", { level: 0 });
    return sayOutcome(
      pressed,
      "Reset. The cell is still blocked; `cellgate resume` lets it move.",
      input,
      io,
    );
  },
});
