import { command, EXIT } from "./command.ts";
import { connectToNode, controlOptions, sayOutcome } from "./control-client.ts";
import { flag } from "./options/index.ts";

const NOT_KEPT =
  "Stopped, but the kill switch could not be written down: after a crash or power cut the node would not know of it. Use the hardwired e-stop, and check the disk of the data folder.";

export const killCommand = command({
  words: ["kill"],
  summary: "stop the cell and keep it stopped, across restarts, until the role kill releases it",
  example: 'cellgate kill --because "smoke at the gripper"',
  options: {
    ...controlOptions,
    release: flag("release the kill switch; reset and resume are still needed"),
  },
  async run(input, io) {
    const release = input.values.release;
    const answer = await connectToNode(input).post(release ? "/v1/unkill" : "/v1/kill", {});
    const kept = release || answer.body["kept"] !== false;
    const said = release
      ? "The kill switch is released. The cell is still blocked: reset what is left, then resume."
      : "Killed. The cell stays stopped until `cellgate kill --release`. The hardwired e-stop is a separate thing.";
    const code = sayOutcome(answer, kept ? said : NOT_KEPT, input, io);
    return code === EXIT.ok && !kept ? EXIT.found : code;
  },
});
