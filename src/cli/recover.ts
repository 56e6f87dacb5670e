import { existsSync } from "node:fs";
import { recoverBag } from "../lab/replay/index.ts";
import { openBag } from "../edge/recordings/index.ts";
import { command, EXIT, UserError } from "./command.ts";
import { createProgress } from "./progress.ts";
import { lossLines, snakeKeys } from "./replay-words.ts";
import { programVersion } from "../node/index.ts";
import { flag, kinds, required } from "./options/index.ts";

export const recoverCommand = command({
  words: ["recover"],
  summary: "save what is whole of a damaged or unfinished recording",
  takes: "<bag>",
  example: "cellgate recover recordings/killed.mcap --out recordings/clean.mcap",
  options: {
    out: required(
      kinds.file,
      "the new MCAP file: indexed, compressed, with checksums, in the order of time",
      { as: "clean.mcap", missing: "no file to write", remedy: "name it with --out clean.mcap" },
    ),
    json: flag("one JSON object instead of words"),
  },
  async run({ positionals, values }, io) {
    const path = positionals[0];
    const { out } = values;
    if (path === undefined) throw new UserError("no recording given", "name the damaged file or folder");
    if (existsSync(out)) throw new UserError(`${out} exists`, "name a new file; nothing is written over");
    const opened = await openBag(path);
    if (!opened.ok) throw new UserError(opened.error, "nothing of it can be recovered", EXIT.failed);
    const bar = createProgress(io, "recovering", opened.value.bytes, "bytes");
    const recovery = await recoverBag(opened.value, out, programVersion(), (done, messages) =>
      bar.update(done, `${messages.toLocaleString("en-US")} messages`),
    );
    bar.finish();
    opened.value.close();
    if (recovery.error !== null)
      throw new UserError(`${out}: ${recovery.error}`, "check free space and rights", EXIT.failed);
    if (values.json) io.out(JSON.stringify(snakeKeys({ bag: path, out, ...recovery })));
    else {
      io.out(
        `${recovery.messages.toLocaleString("en-US")} messages recovered into ${out} (${recovery.bytes.toLocaleString("en-US")} bytes)`,
      );
      for (const line of lossLines(recovery.losses)) io.out(line);
    }
    return recovery.losses.count > 0 ? EXIT.found : EXIT.ok;
  },
});
