import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { rawKeyHex } from "../../edge/keys/index.ts";
import { newKeyText, privateKeyOf, readAgentState, writeAgentState } from "../../fleet/index.ts";
import { FRESH_GUARD } from "../../core/rollout/index.ts";
import { command, EXIT, UserError } from "../command.ts";
import { openCentreLedger } from "./centre-ledger.ts";
import { personOptions } from "./place.ts";
import { kinds, required } from "../options/index.ts";

export const rolloutKeysCommand = command({
  words: ["rollout", "keys"],
  summary: "make the centre's key, or show the public half of one, for `fleet.centreKey` of the cells",
  takes: "<key file>",
  example: "cellgate rollout keys centre.key",
  options: {},
  async run(input, io) {
    const [name] = input.positionals;
    if (name === undefined)
      throw new UserError("no file given", "name where the private key lies or shall lie");
    const file = resolve(io.cwd, name);
    if (!existsSync(file)) writeFileSync(file, newKeyText(), { mode: 0o600, flag: "wx" });
    io.out(publicHalfOf(file, name));
    return EXIT.ok;
  },
});

function publicHalfOf(file: string, name: string): string {
  try {
    return rawKeyHex(createPublicKey(privateKeyOf(readFileSync(file, "utf8"))));
  } catch {
    throw new UserError(
      `${name} is there and holds no private key (Ed25519, PEM)`,
      "name another file: a new key is made where none is",
    );
  }
}

export const rolloutRearmCommand = command({
  words: ["rollout", "rearm"],
  summary: "let a cell whose order cap tripped take orders again; its node must not be running",
  example: 'cellgate rollout rearm --data data --as anna --because "the centre repeated itself, mended"',
  options: {
    ...personOptions,
    data: required(kinds.nodeFolder, "the node's data folder", {
      missing: "no data folder given",
      remedy: "name the node's: --data DIR",
    }),
  },
  async run(input, io) {
    const { data: dir, as: by, because: reason } = input.values;
    const state = readAgentState(dir);
    if (state.guard.tripped === null)
      throw new UserError("no cap has tripped here", "nothing to do", EXIT.found);
    // the ledger's one writer: fails while the node runs
    const ledger = await openCentreLedger(
      dir,
      "rearm",
      "the node runs: end it first, re-arm, start it again",
    );
    ledger.receipt({
      receipt_type: "config_change",
      what: "fleet order caps",
      before_hash: state.guard.tripped,
      after_hash: "armed",
      by,
      reason,
      details: { total: state.guard.total },
    });
    await ledger.close();
    writeAgentState(dir, { ...state, guard: FRESH_GUARD });
    io.out("The cell takes orders again after its next start. A kill stays as it was.");
    return EXIT.ok;
  },
});
