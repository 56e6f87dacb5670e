import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { writeJson } from "../edge/files/index.ts";
import { PRICE_FILE } from "../edge/http/index.ts";
import { livePrice, minutesText, priceLine, priceLines } from "../lab/replay/index.ts";
import { programVersion } from "../node/index.ts";
import { command, EXIT } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { dataOption, jsonOption, ledgerPlace, timeText } from "./ledger/place.ts";
import { kinds, optional } from "./options/index.ts";
import { priceOptions } from "./price-options.ts";
import { createProgress } from "./progress.ts";
import { snakeKeys } from "./replay-words.ts";

const SHOWN_STOPS = 20;

export const priceCommand = command({
  words: ["price"],
  summary: "what the stops of a node cost, per rule, and which were needless in hindsight",
  example: "cellgate price --data data --since 2026-11-01",
  options: {
    ...dataOption,
    since: optional(kinds.instant, "only stops after this moment"),
    deployment: optional(
      kinds.deploymentFile,
      "for cells with extensions: the deployment that they lie beside",
    ),
    near: priceOptions.near,
    jobs: optional(kinds.count(1_024), "black boxes at a time (default: the machine's cores)"),
    ...jsonOption,
  },
  async run(input, io) {
    const dataDir = ledgerPlace(input);
    const { since, deployment, near, jobs, json } = input.values;
    const config = deployment === undefined ? null : requireDeployment(deployment);
    const bar = createProgress(io, "reading black boxes", 100, "%");
    const result = await livePrice(
      dataDir,
      {
        deployment:
          config === null ? null : { text: JSON.stringify(config.deployment), file: resolve(config.file) },
        near,
        version: programVersion(),
        sinceMicros: since ?? null,
      },
      jobs ?? availableParallelism(),
      (p) => bar.update(Math.round(100 * p.doneShare), `${p.finished} done`),
    );
    bar.finish();
    const figures = snakeKeys(result);
    // the node's page reads it from there
    writeJson(join(dataDir, PRICE_FILE), figures);
    if (json) io.out(JSON.stringify(figures));
    else {
      io.out(
        `${timeText(result.fromMicros)} to ${timeText(result.toMicros)}: ${priceLine(result.price)}; ${minutesText(result.freeUs)} free to move`,
      );
      for (const line of priceLines(result.price)) io.out(`  ${line}`);
      for (const stop of result.stops.slice(-SHOWN_STOPS))
        io.out(
          `  ${timeText(result.fromMicros + stop.tUs)}  ${stop.code} ${stop.source}: ${stop.hindsight} (${stop.why})`,
        );
    }
    for (const trouble of result.troubles) io.err(trouble);
    return result.troubles.length > 0 ? EXIT.failed : EXIT.ok;
  },
});
