import { type Command, EXIT } from "../command.ts";
import { flag, jsonOption } from "../ledger/place.ts";
import { drawRollout } from "./picture.ts";
import { folderOf, placeOption } from "./place.ts";

export const rolloutStatusCommand: Command = {
  words: ["rollout", "status"],
  summary: "where a rollout is: stages, cells, verdict, caps",
  usage: "[ID] [--data DIR] [--json]",
  example: "cellgate rollout status head_v2",
  options: { ...placeOption, ...jsonOption },
  async run(input, io) {
    const folder = folderOf(input, io);
    const status = folder.status();
    if (flag(input, "json")) io.out(JSON.stringify(status));
    else drawRollout(status, folder.waitingRequests(), io);
    return EXIT.ok;
  },
};
