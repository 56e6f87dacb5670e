import { resolve } from "node:path";
import { CLASSES, generateBags, type GenerateReport, ROBOT_FACTORY } from "../../../sim/index.ts";
import { type Command, EXIT, type Io, UserError } from "../command.ts";
import { createProgress } from "../progress.ts";
import { chooseOptions, chooseScenarios, engineOf, interruptible, simKit, textOf } from "./choose.ts";

export const simGenerateCommand: Command = {
  words: ["sim", "generate"],
  summary: "record labelled bags of simulated near misses",
  usage: "--out DIR [--scenario near-miss] [--count N] [--engine embedded|mujoco|gazebo] [--seed N]",
  example: "cellgate sim generate --scenario near-miss --count 200 --engine mujoco --seed 7 --out bags/",
  options: {
    ...chooseOptions,
    out: { type: "string", help: "folder of the bags; finished ones of an interrupted run are kept" },
    json: { type: "boolean", help: "one JSON object at the end" },
  },
  async run(input, io) {
    const out = textOf(input, "out");
    if (out === null)
      throw new UserError("--out is missing", "name the folder for the bags, for example --out bags/");
    const folder = resolve(io.cwd, out);
    const engine = engineOf(input);
    const { scenarios, request, seed } = chooseScenarios(input, simKit());
    const progress = createProgress(io, `sim generate (${engine})`, scenarios.length, "bags");
    const stop = interruptible();
    try {
      const made = await generateBags({
        cell: ROBOT_FACTORY,
        engine,
        scenarios,
        folder,
        request,
        seed,
        env: io.env,
        signal: stop.signal,
        progress: (done, what) => progress.update(done, what),
      });
      progress.finish();
      if (!made.ok)
        throw new UserError(
          made.error,
          engine === "embedded" ? "" : "the embedded engine needs nothing: --engine embedded",
          EXIT.failed,
        );
      tell(io, made.value, folder, input.values.json === true);
      if (made.value.interrupted) return EXIT.interrupted;
      return made.value.manifest.failed.length > 0 ? EXIT.found : EXIT.ok;
    } finally {
      stop.done();
    }
  },
};

function tell(io: Io, { manifest, kept, interrupted }: GenerateReport, folder: string, json: boolean): void {
  const { bags, failed } = manifest;
  const classes = Object.fromEntries(
    CLASSES.map((name) => [name, bags.filter((bag) => bag.label.class === name).length]),
  );
  const otherwise = bags.filter((bag) => !bag.as_expected);
  if (json) {
    io.out(
      JSON.stringify({
        folder,
        engine: manifest.engine,
        version: manifest.engine_version,
        bags: bags.length,
        kept,
        classes,
        not_as_drawn: otherwise.length,
        failed,
        sha256: manifest.sha256,
        interrupted,
      }),
    );
    return;
  }
  io.out(
    `${bags.length} bags in ${folder} (${kept} from before), ${manifest.engine} ${manifest.engine_version}`,
  );
  io.out(
    `classes: ${Object.entries(classes)
      .map(([name, n]) => `${name} ${n}`)
      .join(", ")}; manifest ${manifest.sha256.slice(0, 16)}`,
  );
  for (const bag of otherwise)
    io.err(`${bag.file}: drawn as ${bag.label.expected}, became ${bag.label.class}; labelled as it became`);
  for (const { scenario, error } of failed) io.err(`${scenario}: not recorded: ${error}`);
  if (interrupted) io.err("interrupted: the same command goes on where it stopped");
}
