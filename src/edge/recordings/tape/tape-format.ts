import { err, ok, type Result } from "../../../core/base/result.ts";
import type { StartEvent } from "../../../core/domain/index.ts";
import type { McapWriter } from "../index.ts";

/** Version of the tape's layout; another one is refused. */
export const TAPE_FORMAT = "cellgate.tape/1";
export const TAPE_METADATA = "cellgate.tape";
export const BLACK_BOX_METADATA = "cellgate.black_box";
/** what a file is, as its head says: a tape from the start of a run, or the time around a block */
export const BLACK_BOX_PART = "black box";
export const SAMPLE_TYPE = "cellgate_msgs/msg/Sample";
export const EVENT_TOPIC = "/cellgate/events";

/**
 * A sample on the tape: plain CDR behind the usual four bytes, so that any tool that reads ROS 2 messages
 * reads it. Offsets from the end of those four bytes: seq 0, t_us 8, stamp_us 16, source_seq 24, channel 32,
 * count 36, values 40.
 */
export const SAMPLE_DEFINITION = `# One reading that came through the door of a cell.
# position on the tape
int64 seq
# microseconds since the start of the run, on the monotonic clock
int64 t_us
# when the source says it measured (microseconds since 1970), -1: no stamp
float64 stamp_us
# the source's own counter, -1: none
float64 source_seq
# position of the channel in the deployment
uint16 channel
# the numbers of the channel's quantity
float64[] values
`;
export const SAMPLE_HEAD_BYTES = 44;
export const SAMPLE_AT = {
  seq: 4,
  t: 12,
  stamp: 20,
  sourceSeq: 28,
  channel: 36,
  count: 40,
  values: 44,
} as const;

export const EVENT_DEFINITION = JSON.stringify({
  title: "cellgate.Event",
  description:
    "Every event of the cell that is not a sample. Ticks are not recorded: they follow from the times; a tick here says that time had come so far.",
  type: "object",
  properties: { kind: { type: "string" }, t: { type: "integer" }, seq: { type: "integer" } },
  required: ["kind", "t", "seq"],
});

/** What a tape says about itself. */
export interface TapeMeta {
  readonly cell: string;
  readonly configHash: string;
  /** the effective configuration as JSON in the order of the file: channels and actuators are numbered by it */
  readonly configText: string;
  readonly seed: number;
  readonly boot: number;
  /** wall time at t = 0 */
  readonly epoch: StartEvent["epoch"];
  readonly version: string;
  readonly channels: readonly { readonly name: string; readonly quantity: string }[];
  /** files that the configuration names (risk head, robot, limits), by their names in it */
  readonly files: ReadonlyMap<string, string>;
}
export const FILE_MEDIA_TYPE = "application/x-cellgate-file";

/** Puts the head of a tape into a file: the same schemas and channels in the same order in every file. */
export function writeTapeHead(
  writer: McapWriter,
  meta: TapeMeta,
  extra: Readonly<Record<string, string>> = {},
): void {
  writer.addMetadata(TAPE_METADATA, {
    format: TAPE_FORMAT,
    cell: meta.cell,
    config_hash: meta.configHash,
    config: meta.configText,
    seed: String(meta.seed),
    boot: String(meta.boot),
    epoch_us: String(meta.epoch),
    version: meta.version,
    channels: JSON.stringify(meta.channels),
    ...extra,
  });
  for (const [name, text] of meta.files)
    writer.addAttachment(name, FILE_MEDIA_TYPE, meta.epoch, new TextEncoder().encode(text));
  const event = writer.addSchema("cellgate.Event", "jsonschema", EVENT_DEFINITION);
  const sample = writer.addSchema(SAMPLE_TYPE, "ros2msg", SAMPLE_DEFINITION);
  writer.addChannel(EVENT_TOPIC, event, "json");
  for (const channel of meta.channels)
    writer.addChannel(`/cellgate/samples/${channel.name}`, sample, "cdr", { quantity: channel.quantity });
}
/** The file's channel of a deployment's channel; 0 is the channel of events. */
export const EVENT_CHANNEL = 0;
export const fileChannelOf = (channel: number): number => channel + 1;

/** The files that a tape carries, in place of the folder of its deployment. */
export const besideTape =
  ({ files }: TapeMeta) =>
  (name: string, key: string): Result<string, { what: string; remedy: string }> => {
    const text = files.get(name);
    return text === undefined
      ? err({
          what: `${key}: ${name} is not on the tape`,
          remedy: "name the deployment with --deployment; its file brings what it names",
        })
      : ok(text);
  };
