/**
 * Memory layouts of Eclipse Cyclone DDS 0.10 on a 64-bit machine, as its public headers state them. The
 * versions named here were compared with their headers; `type-handle.ts` proves on the loaded library that
 * they hold before anything else is done with it.
 */
export const KNOWN_VERSIONS: readonly string[] = ["0.10.2", "0.10.3", "0.10.4", "0.10.5"];

/** dds_sample_info_t */
export const SAMPLE_INFO = {
  bytes: 64,
  instanceState: 8,
  validData: 12,
  sourceTimestamp: 16,
  publicationHandle: 32,
} as const;

/** struct ddsi_serdata */
export const SERDATA = { ops: 0, kind: 16, type: 24 } as const;
/** struct ddsi_sertype */
export const SERTYPE = { ops: 0, serdataOps: 8, typeName: 32 } as const;
/** enum ddsi_serdata_kind */
export const SERDATA_KIND_DATA = 2;

/** dds_topic_descriptor_t */
export const DESCRIPTOR = {
  bytes: 96,
  size: 0,
  align: 4,
  flags: 8,
  typeName: 16,
  opCount: 32,
  ops: 40,
  meta: 48,
  representations: 88,
} as const;
/** no copying of C structs; the representations below are the only ones */
export const DESCRIPTOR_FLAGS = (1 << 0) | (1 << 7);
/** plain CDR version 1, the one that ROS 2 speaks */
export const REPRESENTATION_XCDR1 = 1 << 0;

/** dds_builtintopic_endpoint_t */
export const ENDPOINT = { bytes: 64, key: 0, participantKey: 16, topicName: 40, typeName: 48 } as const;
/** dds_builtintopic_participant_t */
export const PARTICIPANT = { key: 0, qos: 16 } as const;
export const GUID_BYTES = 16;

const PSEUDO_HANDLES = 0x7fff0000;
export const BUILTIN_PARTICIPANTS = PSEUDO_HANDLES + 1;
export const BUILTIN_PUBLICATIONS = PSEUDO_HANDLES + 3;
export const BUILTIN_SUBSCRIPTIONS = PSEUDO_HANDLES + 4;

/** sample, view and instance states: all of them */
export const ANY_STATE = 0x7f;
export const INSTANCE_ALIVE = 16;

export const RELIABILITY = { bestEffort: 0, reliable: 1 } as const;
export const DURABILITY = { volatile: 0, transientLocal: 1 } as const;
export const HISTORY_KEEP_LAST = 0;
/** dds_requested_incompatible_qos_status_t */
export const INCOMPATIBLE_QOS = { bytes: 12, total: 0, lastPolicy: 8 } as const;
/** dds_publication_matched_status_t */
export const PUBLICATION_MATCHED = { bytes: 24, current: 8 } as const;
/** dds_sample_lost_status_t */
export const SAMPLE_LOST = { bytes: 8, total: 0 } as const;
/** dds_qos_policy_id_t, as far as a publisher and a reader can disagree about it */
export const POLICY_NAMES: Readonly<Record<number, string>> = {
  2: "durability",
  3: "presentation",
  4: "deadline",
  5: "latency budget",
  6: "ownership",
  8: "liveliness",
  10: "partition",
  11: "reliability",
  12: "destination order",
  23: "data representation",
};
