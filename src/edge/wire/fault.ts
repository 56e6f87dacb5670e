/** Why bytes are not the message they claim to be. Plain words without allocation: decoders return them. */
export type WireFault =
  /** the bytes end before the message does */
  | "short"
  /** the first four bytes name no plain CDR encapsulation */
  | "encapsulation"
  /** a length inside the message is larger than the message */
  | "length"
  /** more bytes than the message type has: another type */
  | "trailing"
  /** more numbers than the channel takes */
  | "wide"
  /** a text that is not UTF-8 or lacks its end */
  | "text"
  /** a boolean or code outside its values */
  | "value"
  /** joint names differ from the robot's */
  | "joints"
  /** the fan of rays differs from the channel's settings */
  | "geometry"
  /** a velocity in another frame than the one it would go out in */
  | "frame"
  /** what cannot be limited: distances instead of velocities */
  | "displacement"
  /** nested deeper than any real message */
  | "depth"
  /** the type cannot be understood: no definition, or one that does not parse */
  | "definition";

const TEXTS: Readonly<Record<WireFault, string>> = {
  short: "message ends early",
  encapsulation: "encapsulation header is not plain CDR (XCDR1)",
  length: "a length inside the message exceeds the message",
  trailing: "more bytes than the message type has",
  wide: "more values than the channel takes",
  text: "a text is not terminated UTF-8",
  value: "a value outside its allowed set",
  joints: "joint names or counts differ from the robot's",
  geometry: "ray geometry differs from the channel's settings",
  frame: "frame_id is not the one of the channel",
  displacement: "joint distances instead of joint velocities",
  depth: "nested too deeply",
  definition: "message definition missing or unreadable",
};
export const wireFaultText = (fault: WireFault): string => TEXTS[fault];
