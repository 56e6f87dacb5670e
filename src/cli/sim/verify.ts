import { resolve } from "node:path";
import { ROBOT_FACTORY, verifyByRerun, verifyFolder } from "../../../sim/index.ts";
import { command, EXIT, UserError } from "../command.ts";
import { chooseOptions, chooseScenarios, interruptible, simKit } from "./choose.ts";
import { flag } from "../options/index.ts";

export const simVerifyCommand = command({
  words: ["sim", "verify"],
  summary: "check recorded bags against their manifest, or by recording them again",
  takes: "<folder>",
  example: "cellgate sim verify bags/",
  options: {
    ...chooseOptions,
    again: flag("record the scenarios again and compare byte by byte; give the options that made them"),
    json: flag("one JSON object"),
  },
  async run(input, io) {
    const [folder] = input.positionals;
    if (folder === undefined) throw new UserError("which folder?", "cellgate sim verify bags/");
    const path = resolve(io.cwd, folder);
    const stop = interruptible();
    try {
      const report = input.values.again
        ? await verifyByRerun(
            path,
            ROBOT_FACTORY,
            chooseScenarios(input.values, simKit()).scenarios,
            io.env,
            stop.signal,
          )
        : verifyFolder(path, ROBOT_FACTORY);
      if (input.values.json)
        io.out(
          JSON.stringify({
            checked: report.checked,
            recorded_again: report.rerun,
            problems: report.problems,
          }),
        );
      else {
        io.out(
          `${report.checked} bags checked${report.rerun > 0 ? `, ${report.rerun} recorded again` : ""}: ${report.problems.length === 0 ? "all well" : `${report.problems.length} problem${report.problems.length === 1 ? "" : "s"}`}`,
        );
        for (const problem of report.problems) io.err(problem);
      }
      return report.problems.length === 0 ? EXIT.ok : EXIT.found;
    } finally {
      stop.done();
    }
  },
});
