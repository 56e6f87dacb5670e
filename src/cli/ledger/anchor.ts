import { ledgerOverview, openLedger } from "../../edge/ledger/index.ts";
import { programVersion } from "../../node/index.ts";
import { command, EXIT, UserError } from "../command.ts";
import { requireDeployment } from "../config.ts";
import { dataOption, jsonOption, ledgerPlace } from "./place.ts";

export const ledgerAnchorNowCommand = command({
  words: ["ledger", "anchor", "now"],
  summary: "sign a checkpoint and send it to every sink of a deployment",
  takes: "<deployment.yaml>",
  example: "cellgate ledger anchor now launch/demo-cell.yaml",
  options: dataOption,
  async run(input, io) {
    const { deployment, hash } = requireDeployment(input.positionals[0]);
    const dir = ledgerPlace(input);
    if (deployment.ledger.anchors.length === 0)
      throw new UserError("the deployment names no anchors", "add ledger.anchors to it");
    const ledger = await openLedger({
      program: programVersion(),
      dir,
      cell: deployment.cell,
      configHash: hash,
      settings: deployment.ledger,
      onStored: () => undefined,
      onHealth: (code, active, detail) => (active ? io.err(`${code}: ${detail}`) : undefined),
    }).catch((error: Error) => {
      throw new UserError(
        error.message,
        `a running node anchors by itself every ${deployment.ledger.anchorEverySeconds} s`,
        EXIT.failed,
      );
    });
    const status = await ledger.anchorNow();
    await ledger.close();
    for (const sink of status)
      io.out(
        sink.failures === 0
          ? `${sink.sink}: holds ${sink.size} rows`
          : `${sink.sink}: FAILED: ${sink.detail}`,
      );
    return status.every((sink) => sink.failures === 0) ? EXIT.ok : EXIT.failed;
  },
});

export const ledgerAnchorListCommand = command({
  words: ["ledger", "anchor", "list"],
  summary: "what each sink outside this machine has taken",
  example: "cellgate ledger anchor list",
  options: { ...jsonOption, ...dataOption },
  async run(input, io) {
    const dir = ledgerPlace(input);
    const taken = ledgerOverview(dir).shards.flatMap(({ shard, rows, anchors }) =>
      anchors.map(({ sink, size }) => ({ shard, sink, size, rows })),
    );
    if (input.values.json) io.out(JSON.stringify(taken));
    else if (taken.length === 0) io.out("no sink has taken a checkpoint yet");
    else
      for (const { shard, sink, size, rows } of taken)
        io.out(`${sink}: ${size} of ${rows} rows of shard ${shard}`);
    return EXIT.ok;
  },
});
