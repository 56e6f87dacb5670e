import type { MessageLayout } from "../../wire/index.ts";
import type { RosListener, RosQos, RosWriter } from "../ros/index.ts";
import type { TypeHandle } from "./type-handle.ts";

/** A reader by itself, and whom it tells. */
export interface DdsListener {
  /** for people: what is read */
  readonly topic: string;
  readonly listener: RosListener;
  /** gets the first bytes of a message that is larger than any this node takes */
  readonly oversized?: RosListener;
}
/** A writer by itself, and what its middleware calls it. */
export interface DdsWriter extends RosWriter {
  readonly handle: bigint;
}
/** Readers and writers by the names that DDS knows: what services and actions are made of. */
export interface DdsEndpoints {
  type(layout: MessageLayout): TypeHandle;
  read(ddsTopic: string, type: TypeHandle, qos: RosQos, reader: DdsListener): void;
  writer(ddsTopic: string, type: TypeHandle, qos: RosQos): DdsWriter;
}
