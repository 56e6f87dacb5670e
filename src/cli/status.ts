import type { NodeStatus } from "../core/domain/index.ts";
import { command, EXIT } from "./command.ts";
import { connectToNode, controlOptions, sayOutcome } from "./control-client.ts";
import { renderStatus } from "./live-view.ts";

const { data, as, url, json } = controlOptions;
const COLOURS = /\x1b\[[0-9;]*m/g;

export const statusCommand = command({
  words: ["status"],
  summary: "what a running node says of itself: state, why, every cause and source",
  example: "cellgate status --json",
  options: { data, as, url, json },
  async run(input, io) {
    const answer = await connectToNode(input).get("/v1/status");
    if (answer.status !== 200) return sayOutcome(answer, "", input, io);
    if (input.values.json) io.out(JSON.stringify(answer.body));
    else
      for (const line of renderStatus(answer.body as unknown as NodeStatus, io.columns))
        io.out(io.interactive ? line : line.replace(COLOURS, ""));
    return EXIT.ok;
  },
});
