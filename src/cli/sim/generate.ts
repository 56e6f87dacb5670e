import { CLASSES, generateBags, type GenerateReport, ROBOT_FACTORY } from "../../../sim/index.ts";
import { command, EXIT, type Io, UserError } from "../command.ts";
import { createProgress } from "../progress.ts";
import { chooseOptions, chooseScenarios, interruptible, simKit } from "./choose.ts";
import { manyHere, manyOptions } from "../run-of-many.ts";
import { flag, kinds, required } from "../options/index.ts";

export const simGenerateCommand = command({
  words: ["sim", "generate"],
  summary: "record labelled bags of simulated near misses",
  example: "cellgate sim generate --scenario near-miss --count 200 --engine mujoco --seed 7 --out bags/",
  options: {
    ...chooseOptions,
    out: required(kinds.folder, "folder of the bags; finished ones of an interrupted run are kept", {
      missing: "--out is missing",
      remedy: "name the folder for the bags, for example --out bags/",
    }),
    ...manyOptions,
    json: flag("one JSON object at the end"),
  },
  async run(input, io) {
    const { out: folder, engine } = input.values;
    const { scenarios, request, seed } = chooseScenarios(input.values, simKit());
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
        many: await manyHere({ what: "sim generate", items: scenarios }, input.values, io),
      });
      progress.finish();
      if (!made.ok)
        throw new UserError(
          made.error,
          engine === "embedded" ? "" : "the embedded engine needs nothing: --engine embedded",
          EXIT.failed,
        );
      tell(io, made.value, folder, input.values.json);
      const { end } = made.value;
      if (end?.state === "aborted" || end?.state === "refused" || end?.state === "killed") {
        io.err(`${end.code}: ${end.why}`);
        return EXIT.failed;
      }
      if (made.value.interrupted) return EXIT.interrupted;
      return made.value.manifest.failed.length > 0 ? EXIT.found : EXIT.ok;
    } finally {
      stop.done();
    }
  },
});

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
