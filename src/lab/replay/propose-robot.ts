import { MAX_JOINTS } from "../../core/domain/index.ts";
import { urdfLimits } from "../../core/robot/index.ts";
import type { JointExtent, TopicFacts } from "./inspect-bag.ts";

/** names as a deployment takes them; others cannot be told apart from text that breaks the file */
const JOINT_NAME = /^[A-Za-z_][A-Za-z0-9_./-]{0,63}$/;
const WHEEL = /wheel|caster|track_(left|right)/i;
/** further than any axis with stops turns: it goes round and round */
const ENDLESS_RAD = 7;
/** a limit stands this far outside of what was recorded */
const ROOM = 1.2;
const ROOM_RAD = 0.1;
const MAX_RAD = 99;
const DEFAULT_RAD_PER_S = 3.2;

export interface ProposedRobot {
  readonly lines: readonly string[];
  /** what the recordings could not decide */
  readonly open: readonly string[];
}
/** The joints of an arm: names and extents as recorded, limits from a robot description where there is one. */
export function proposeRobot(topic: TopicFacts | undefined, urdf: string | null): ProposedRobot {
  const stated = urdf === null ? new Map() : urdfLimits(urdf);
  const open: string[] = [];
  const all = (topic?.jointNames ?? []).map((name, i) => ({ name, extent: topic?.joints[i] }));
  const usable = all.filter(({ name }) => JOINT_NAME.test(name)).slice(0, MAX_JOINTS);
  if (usable.length < all.length)
    open.push(
      `joints left out: ${all.length - usable.length} of ${all.length} (names that a deployment cannot hold, or too many)`,
    );
  const wheels = usable.filter(({ name, extent }) => isEndless(name, extent, stated));
  if (wheels.length > 0)
    open.push(
      `joints that turn without end (wheels, continuous axes) have no range: ${wheels.map((w) => w.name).join(", ")}`,
    );
  if (topic?.positionOnly === true)
    open.push("velocities are not sent: they are taken from positions and stamps, with the noise of both");
  if (topic === undefined) open.push("no joint states: every limit of the arm is a placeholder");
  const rows = usable.length > 0 ? usable : [{ name: "joint_1", extent: undefined }];
  const from =
    stated.size > 0
      ? "limits of the robot description, else 1.2 times what was recorded"
      : "1.2 times what was recorded";
  const lines = [
    "robot:",
    "  name: robot",
    "  massMovingKg: 20  # CHECK",
    "  payloadKg: 2  # CHECK",
    "  stopTimeMs: 500  # CHECK: measured, worst case",
    "  stopDistanceM: 0.3  # CHECK: measured, worst case",
    "  maxToolSpeedMPerS: 1  # CHECK",
    "  positionUncertaintyM: 0.01  # CHECK",
    usable.length > 0
      ? `  joints:  # CHECK: ${from}`
      : "  joints:  # CHECK: the recordings hold no joint states",
    ...rows.map(({ name, extent }) => jointLine(name, extent, stated)),
    "  kinematics:",
    `    dh:  # CHECK: or \`urdf:\` and \`tip:\`${urdf === null ? "" : "; the recordings hold a robot description"}`,
    ...rows.map(() => "      - { aM: 0, alphaRad: 0, dM: 0.1 }"),
  ];
  return { lines, open };
}
type Stated = ReturnType<typeof urdfLimits>;
function isEndless(name: string, extent: JointExtent | undefined, stated: Stated): boolean {
  if (stated.get(name)?.lowerRad !== undefined) return false;
  const far = extent === undefined ? 0 : Math.max(Math.abs(extent.smallestRad), Math.abs(extent.largestRad));
  return WHEEL.test(name) || far > ENDLESS_RAD;
}
function jointLine(name: string, extent: JointExtent | undefined, stated: Stated): string {
  const own = stated.get(name);
  const seen = extent !== undefined && extent.largestRad >= extent.smallestRad;
  const endless = isEndless(name, extent, stated);
  const [low, high] = endless
    ? [-MAX_RAD, MAX_RAD]
    : [
        own?.lowerRad ?? (seen ? Math.min(-0.1, ROOM * extent.smallestRad - ROOM_RAD) : -6.3),
        own?.upperRad ?? (seen ? Math.max(0.1, ROOM * extent.largestRad + ROOM_RAD) : 6.3),
      ];
  const fastest = seen ? extent.fastestRadPerS : 0;
  const speed = own?.velocityRadPerS ?? (fastest > 0 ? ROOM * fastest + ROOM_RAD : DEFAULT_RAD_PER_S);
  const within = (value: number, most: number): number =>
    Number(Math.max(-most, Math.min(most, value)).toPrecision(3));
  const said = [
    ...(endless ? ["turns without end: no range is guarded"] : []),
    ...(seen
      ? [
          `seen ${extent.smallestRad.toFixed(2)} to ${extent.largestRad.toFixed(2)} rad, ${fastest.toFixed(2)} rad/s`,
        ]
      : []),
  ];
  return `    - { name: ${JSON.stringify(name)}, minRad: ${within(low, 100)}, maxRad: ${within(high, 100)}, maxRadPerS: ${within(Math.max(0.01, speed), 100)}, maxRadPerS2: 40 }${said.length === 0 ? "" : `  # ${said.join("; ")}`}`;
}
