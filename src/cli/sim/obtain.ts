import { GAZEBO_VERSION, obtainGazebo } from "../../../sim/index.ts";
import { command, EXIT, UserError } from "../command.ts";
import { createProgress } from "../progress.ts";

export const simObtainCommand = command({
  words: ["sim", "obtain"],
  summary: "fetch Gazebo 11 into a folder of your own (about 260 MB, no root, nothing of the system changes)",
  takes: "gazebo",
  example: "cellgate sim obtain gazebo",
  options: {},
  async run({ positionals }, io) {
    if (positionals[0] !== "gazebo")
      throw new UserError("what shall be obtained?", "cellgate sim obtain gazebo");
    const progress = createProgress(io, `Gazebo ${GAZEBO_VERSION}`, 100, "parts");
    const got = await obtainGazebo(io.env, { progress: (done, _total, what) => progress.update(done, what) });
    progress.finish();
    if (!got.ok)
      throw new UserError(got.error, "the mujoco and embedded engines need none of this", EXIT.failed);
    io.out(`Gazebo ${GAZEBO_VERSION} is ready in ${got.value}`);
    return EXIT.ok;
  },
});
