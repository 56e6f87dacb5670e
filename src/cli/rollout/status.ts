import { command, EXIT } from "../command.ts";
import { jsonOption } from "../ledger/place.ts";
import { drawRollout } from "./picture.ts";
import { folderOf, placeOption } from "./place.ts";

export const rolloutStatusCommand = command({
  words: ["rollout", "status"],
  summary: "where a rollout is: stages, cells, verdict, caps",
  takes: "[ID]",
  example: "cellgate rollout status head_v2",
  options: { ...placeOption, ...jsonOption },
  async run(input, io) {
    const folder = folderOf(input);
    const status = folder.status();
    if (input.values.json) io.out(JSON.stringify(status));
    else drawRollout(status, folder.waitingRequests(), io);
    return EXIT.ok;
  },
});
