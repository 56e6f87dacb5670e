import { existsSync } from "node:fs";
import { recoverBag } from "../lab/replay/index.ts";
import { openBag } from "../edge/recordings/index.ts";
import { type Command, EXIT, UserError } from "./command.ts";
import { createProgress } from "./progress.ts";
import { lossLines, snakeKeys, textOption } from "./replay-words.ts";
import { programVersion } from "../node/index.ts";

export const recoverCommand: Command = {
  words: ["recover"],
  summary: "save what is whole of a damaged or unfinished recording",
  usage: "<bag> --out clean.mcap [--json]",
  example: "cellgate recover recordings/killed.mcap --out recordings/clean.mcap",
  options: {
    out: {
      type: "string",
      help: "the new MCAP file: indexed, compressed, with checksums, in the order of time",
    },
    json: { type: "boolean", help: "one JSON object instead of words" },
  },
  async run({ positionals, values }, io) {
    const path = positionals[0];
    const out = textOption(values, "out");
    if (path === undefined) throw new UserError("no recording given", "name the damaged file or folder");
    if (out === null) throw new UserError("no file to write", "name it with --out clean.mcap");
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
    if (values["json"] === true) io.out(JSON.stringify(snakeKeys({ bag: path, out, ...recovery })));
    else {
      io.out(
        `${recovery.messages.toLocaleString("en-US")} messages recovered into ${out} (${recovery.bytes.toLocaleString("en-US")} bytes)`,
      );
      for (const line of lossLines(recovery.losses)) io.out(line);
    }
    return recovery.losses.count > 0 ? EXIT.found : EXIT.ok;
  },
};
