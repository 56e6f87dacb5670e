import { err, ok, type Result } from "../../../core/base/result.ts";
import { MAX_PROPOSAL_BYTES, PROPOSAL_SCHEMA } from "../../../core/domain/index.ts";
import { CdrReader, createRosRow, rosReading, trajectoryArgsOf, wireFaultText } from "../../wire/index.ts";
import { rowsReader, stretchReader } from "./chunk-reader.ts";
import type { ProposalSettings } from "./settings.ts";

/** Reads one message as a proposal in the node's own words; the gate checks all of it. */
export type ProposalReader = (
  view: DataView,
  length: number,
  actionId: string,
  nowMicros?: number,
) => Result<unknown, string>;

/** `joints`: of the robot, for messages that name none; the time is what a stretch of a stream is late by */
export function createProposalReader(
  settings: ProposalSettings,
  joints: readonly string[] = [],
): ProposalReader {
  if (settings.chunk !== undefined) return chunkProposals(settings, settings.chunk, joints);
  switch (settings.message) {
    case "std_msgs/Float64MultiArray":
      return () => err("rows of joint angles need `chunk`");
    case "std_msgs/String":
      return readText;
    case "trajectory_msgs/JointTrajectory":
      return (view, length, actionId) => {
        const args = trajectoryArgsOf(view, 0, length);
        return args.ok
          ? ok(proposal(settings, actionId, "trajectory", args.value))
          : err(wireFaultText(args.error));
      };
    case "geometry_msgs/Twist":
    case "geometry_msgs/TwistStamped":
      return twistReader(settings);
  }
}

const proposal = (settings: ProposalSettings, actionId: string, verb: string, args: unknown): object => ({
  schema: PROPOSAL_SCHEMA,
  action_id: actionId,
  proposer: settings.proposer,
  target: settings.target,
  verb,
  args,
});

function chunkProposals(
  settings: ProposalSettings,
  chunk: NonNullable<ProposalSettings["chunk"]>,
  joints: readonly string[],
): ProposalReader {
  const read =
    settings.message === "std_msgs/Float64MultiArray"
      ? rowsReader(joints, chunk.stepMs, chunk.brakeRadPerS2)
      : stretchReader(chunk.brakeRadPerS2);
  return (view, length, actionId, nowMicros = 0) => {
    const args = read(view, length, nowMicros);
    return args.ok ? ok({ ...proposal(settings, actionId, "trajectory", args.value), chunk: true }) : args;
  };
}

function twistReader(settings: ProposalSettings): ProposalReader {
  const row = createRosRow(6);
  const decoder = rosReading(settings.message, { quantity: "twist" })!;
  return (view, length, actionId) => {
    const fault = decoder.decode(view, 0, length, row);
    if (fault !== null) return err(wireFaultText(fault));
    const six = Array.from(row.values);
    const args = {
      linear_m_s: six.slice(0, 3),
      angular_rad_s: six.slice(3, 6),
      duration_ms: settings.durationMs,
    };
    return ok(proposal(settings, actionId, "twist", args));
  };
}

const reader = new CdrReader();
/** The text may be longer than the proposal by its JSON escapes only. */
const readText: ProposalReader = (view, length) => {
  if (length > MAX_PROPOSAL_BYTES) return err(`longer than ${MAX_PROPOSAL_BYTES} bytes`);
  reader.open(view, 0, length);
  const text = reader.text();
  const fault = reader.finish();
  if (fault !== null) return err(wireFaultText(fault));
  try {
    return ok(JSON.parse(text));
  } catch {
    return err("not JSON");
  }
};
