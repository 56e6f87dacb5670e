import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  type FleetNumbers,
  fleetNumbers,
  type FleetPlace,
  openVoice,
  readFleetPlace,
  type RolloutFolder,
} from "../../fleet/index.ts";
import { makeFolder } from "../../edge/files/index.ts";
import { command, type Command, EXIT, type Io, UserError } from "../command.ts";
import { tellKilled } from "./confirm-kill.ts";
import { openCentreLedger } from "./centre-ledger.ts";
import { fleetOf, folderOf, personOptions, placeOption, type RolloutInput } from "./place.ts";
import { readFleetKey, runCentre } from "./start.ts";
import { flag } from "../options/index.ts";

const LOOKS_FOR_CENTRE = 30;
const LOOK_EVERY_MS = 100;

const EXAMPLE_REASONS = {
  advance: "looked at every cell of the stage",
  pause: "hall 2 changes shift",
  abort: "too many stops on line 3",
} as const;

interface Decision {
  readonly act: "advance" | "pause" | "abort";
  readonly summary: string;
  /** what a running centre does with it */
  readonly said: string;
  /** what comes of it when none runs; null: this process is the centre for it */
  readonly waits: string | null;
}
/** A decision is handed to the running centre through the plan's folder. */
function decision({ act, summary, said, waits }: Decision): Command {
  return command({
    words: ["rollout", act],
    summary,
    takes: "[ID]",
    example: `cellgate rollout ${act} head_v2 --as anna --because "${EXAMPLE_REASONS[act]}"`,
    options: { ...personOptions, ...placeOption },
    async run(input, io) {
      const folder = folderOf(input);
      const { as: by, because: reason } = input.values;
      const { running, view } = folder.status();
      const wrong = outOfPlace(act, view.state);
      if (wrong !== null)
        throw new UserError(`the rollout is ${view.state}${wrong[0]}`, wrong[1], EXIT.found);
      folder.ask({ act, by, reason });
      if (running || waits !== null) io.out(running ? said : `No centre is running: ${waits}`);
      if (running || waits !== null) return EXIT.ok;
      io.err(
        "no centre is running: this one does it, until every touched cell has gone back; Ctrl-C ends the waiting, and `cellgate rollout start` goes on with it",
      );
      await runCentre({
        folder,
        dataDir: input.values.rollouts,
        begin: null,
        untilPause: false,
        json: false,
        io,
      });
      return folder.status().view.stillToGoBack === 0 ? EXIT.ok : EXIT.found;
    },
  });
}
function outOfPlace(act: Decision["act"], state: string): readonly [string, string] | null {
  if (state === "aborted" || state === "killed" || state === "done")
    return ["; that is final", "make a new plan"];
  if (act === "advance" && state !== "paused")
    return [", not paused", "only what waits for an audit is advanced"];
  return null;
}
const DECISIONS: readonly Decision[] = [
  {
    act: "advance",
    summary: "after a person's audit: go on to the next stage",
    said: "Handed to the centre: the plan is audited once more, then the next stage begins.",
    waits: "the next stage begins with the next `cellgate rollout start`.",
  },
  {
    act: "pause",
    summary: "tell no more cells until `advance`",
    said: "Handed to the centre.",
    waits: "nothing goes on now, and the next `cellgate rollout start` begins with a pause.",
  },
  {
    act: "abort",
    summary: "end it for good; every touched cell goes back",
    said: "Handed to the centre: every touched cell goes back.",
    waits: null,
  },
];

/** Needs no running centre: the fleet's key and the broker are enough. */
const killCommand = command({
  words: ["rollout", "kill"],
  summary: "stop every cell of the fleet, now; also those that come back later",
  takes: "[ID | plan.yaml]",
  example: 'cellgate rollout kill head_v2 --as anna --because "smoke in hall 2"',
  options: {
    ...personOptions,
    release: flag("take it back; each cell stays blocked until a person there clears it"),
    ...placeOption,
  },
  async run(input, io) {
    const { as: by, because: reason } = input.values;
    const dataDir = input.values.rollouts;
    const { folder, fleet, id, hash } = killedBy(input, io);
    const release = input.values.release;
    const voice = await openVoice({
      access: fleet.access,
      base: fleet.base,
      fleet: fleet.name,
      fleetKey: readFleetKey(fleet.keyFile),
      numbers: numbersForKill(dataDir, fleet.name),
      unwritten: (why) => io.err(`its number could not be written down here: ${why}`),
    }).catch((cause: Error) => {
      throw new UserError(cause.message, "cut the power of the cells by hand", EXIT.failed);
    });
    try {
      if (release) await voice.release(`${by}: ${reason}`);
      else await voice.kill(`${by}: ${reason}`);
      if (!release) folder?.ask({ act: "kill", by, reason });
      io.out(
        release
          ? "Released. Each cell stays blocked until a person there runs `cellgate kill --release`."
          : "Killed: the broker holds it for cells that come back. The hardwired e-stop is a separate thing.",
      );
      if (!release) await tellKilled(voice, fleet, io);
    } finally {
      await voice.close();
    }
    const running = (): boolean => folder?.status().running === true;
    if (running()) return EXIT.ok;
    return await receiptAlone(dataDir, hash, id, by, reason, release).then(
      () => EXIT.ok,
      // the cells have stopped; a centre that has only just begun holds the ledger and writes the receipt itself
      async (cause: Error) => {
        for (let i = 0; i < LOOKS_FOR_CENTRE && !running(); i++) await pause(LOOK_EVERY_MS);
        if (running()) return EXIT.ok;
        io.err(`It holds, but no receipt could be written: ${cause.message}`);
        return EXIT.failed;
      },
    );
  },
});

interface KilledBy {
  /** null: nothing was planned here */
  readonly folder: RolloutFolder | null;
  readonly fleet: FleetPlace;
  readonly id: string;
  readonly hash: string;
}
/** A fleet is killed by a rollout's name or, on any machine with the key, by a plan's file. */
function killedBy(input: RolloutInput, io: Io): KilledBy {
  const [named] = input.positionals;
  const file = named === undefined ? null : resolve(io.cwd, named);
  if (file === null || !/\.ya?ml$/.test(file)) {
    const folder = folderOf(input);
    const frozen = folder.planForKill();
    return { folder, fleet: fleetOf(frozen), id: frozen.plan.id, hash: frozen.hash };
  }
  const place = readFleetPlace(file);
  if (!place.ok) throw new UserError(place.error.what, place.error.remedy);
  makeFolder(input.values.rollouts);
  return { folder: null, fleet: place.value, id: place.value.name, hash: "no plan" };
}

/** A kill goes out whatever has become of the numbers: its epoch follows the clock. */
function numbersForKill(dataDir: string, fleet: string): FleetNumbers {
  const numbers = fleetNumbers(dataDir, fleet);
  const read = (): ReturnType<FleetNumbers["read"]> => {
    try {
      return numbers.read();
    } catch {
      return { epoch: 0, killed: false, seq: 0 };
    }
  };
  return { read, write: (state) => numbers.write(state) };
}

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

export const DECISION_COMMANDS: readonly Command[] = [...DECISIONS.map(decision), killCommand];
