import { setTimeout as pause } from "node:timers/promises";
import { fleetNumbers, openVoice } from "../../fleet/index.ts";
import { type Command, EXIT, UserError } from "../command.ts";
import { flag } from "../ledger/place.ts";
import { openCentreLedger } from "./centre-ledger.ts";
import { dataDirOf, fleetOf, folderOf, personOf, personOptions, placeOption } from "./place.ts";
import { readFleetKey } from "./start.ts";

const LOOKS_FOR_CENTRE = 30;
const LOOK_EVERY_MS = 100;

/** A decision is handed to the running centre through the plan's folder; without one it waits there. */
function decision(act: "advance" | "pause" | "abort", summary: string, said: string): Command {
  return {
    words: ["rollout", act],
    summary,
    usage: "[ID] --as NAME --because WHY [--data DIR]",
    example: `cellgate rollout ${act} head_v2 --as anna --because "looked at every cell of the stage"`,
    options: { ...personOptions, ...placeOption },
    async run(input, io) {
      const folder = folderOf(input, io);
      const { by, reason } = personOf(input);
      const { state } = folder.status().view;
      if (act === "advance" && state !== "paused")
        throw new UserError(
          `the rollout is ${state}, not paused`,
          "only what waits for an audit is advanced",
          EXIT.found,
        );
      if (state === "aborted" || state === "killed")
        throw new UserError(`the rollout is ${state}; that is final`, "make a new plan", EXIT.found);
      folder.ask({ act, by, reason });
      io.out(said);
      if (!folder.status().running)
        io.out("No centre is running: it takes effect with the next `cellgate rollout start`.");
      return EXIT.ok;
    },
  };
}
const advanceCommand = decision(
  "advance",
  "after a person's audit: go on to the next stage",
  "Handed to the centre: the plan is audited once more, then the next stage begins.",
);
const pauseCommand = decision("pause", "tell no more cells until `advance`", "Handed to the centre.");
const abortCommand = decision(
  "abort",
  "end it for good; every touched cell goes back",
  "Handed to the centre: every touched cell goes back.",
);

/** Needs no running centre: the fleet's key and the broker are enough. */
const killCommand: Command = {
  words: ["rollout", "kill"],
  summary: "stop every cell of the fleet, now; also those that come back later",
  usage: "[ID] --as NAME --because WHY [--release] [--data DIR]",
  example: 'cellgate rollout kill head_v2 --as anna --because "smoke in hall 2"',
  options: {
    ...personOptions,
    release: {
      type: "boolean",
      help: "take it back; each cell stays blocked until a person there clears it",
    },
    ...placeOption,
  },
  async run(input, io) {
    const folder = folderOf(input, io);
    const { by, reason } = personOf(input);
    const frozen = folder.plan();
    const dataDir = dataDirOf(input, io);
    const fleet = fleetOf(frozen);
    const release = flag(input, "release");
    const voice = await openVoice({
      access: fleet.access,
      base: fleet.base,
      fleet: fleet.name,
      fleetKey: readFleetKey(fleet.keyFile),
      numbers: fleetNumbers(dataDir, fleet.name),
    }).catch((cause: Error) => {
      throw new UserError(cause.message, "cut the power of the cells by hand", EXIT.failed);
    });
    try {
      await (release ? voice.release(`${by}: ${reason}`) : voice.kill(`${by}: ${reason}`));
    } finally {
      await voice.close();
    }
    if (!release) folder.ask({ act: "kill", by, reason });
    io.out(
      release
        ? "Released. Each cell stays blocked until a person there runs `cellgate kill --release`."
        : "Killed: the broker holds it for cells that come back. The hardwired e-stop is a separate thing.",
    );
    if (folder.status().running) return EXIT.ok;
    return await receiptAlone(dataDir, frozen.hash, frozen.plan.id, by, reason, release).then(
      () => EXIT.ok,
      // the cells have stopped; a centre that has only just begun holds the ledger and writes the receipt itself
      async (cause: Error) => {
        for (let i = 0; i < LOOKS_FOR_CENTRE && !folder.status().running; i++) await pause(LOOK_EVERY_MS);
        if (folder.status().running) return EXIT.ok;
        io.err(`It holds, but no receipt could be written: ${cause.message}`);
        return EXIT.failed;
      },
    );
  },
};

/** With a centre running the receipt is the centre's. */
async function receiptAlone(
  dataDir: string,
  hash: string,
  plan: string,
  by: string,
  reason: string,
  release: boolean,
): Promise<void> {
  const ledger = await openCentreLedger(dataDir, hash);
  const terms = { reason, release };
  ledger.receipt({
    receipt_type: "rollout",
    plan,
    stage: "fleet",
    verdict: release ? "hold" : "kill",
    code: "ROLLOUT_KILLED",
    by,
    terms,
  });
  await ledger.close();
}

export const DECISION_COMMANDS: readonly Command[] = [
  advanceCommand,
  pauseCommand,
  abortCommand,
  killCommand,
];
