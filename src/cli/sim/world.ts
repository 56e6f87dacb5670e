import { classicSdfOf, mjcfOf, modernSdfOf, ROBOT_FACTORY } from "../../../sim/index.ts";
import { command, EXIT, UserError } from "../command.ts";

const FORMATS = {
  gz: () => modernSdfOf(ROBOT_FACTORY),
  gazebo11: () => classicSdfOf(ROBOT_FACTORY, null),
  mjcf: () => mjcfOf(ROBOT_FACTORY),
  json: () => `${JSON.stringify(ROBOT_FACTORY, null, 2)}\n`,
} as const;

export const simWorldCommand = command({
  words: ["sim", "world"],
  summary: "print the simulated cell as a world file",
  takes: "gz|gazebo11|mjcf|json",
  example: "cellgate sim world gz > cell.sdf",
  options: {},
  async run({ positionals }, io) {
    const format = Object.entries(FORMATS).find(([name]) => name === positionals[0]);
    if (format === undefined)
      throw new UserError(
        `which format: ${Object.keys(FORMATS).join(", ")}?`,
        "cellgate sim world gz > cell.sdf",
      );
    io.out(format[1]().trimEnd());
    return EXIT.ok;
  },
});
