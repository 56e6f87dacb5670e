import { MAX_JOINTS } from "../../core/domain/index.ts";
import { CdrReader } from "./cdr-reader.ts";
import { type DecodeFactory, doubles, readHeader } from "./decode-values.ts";

const USUAL_FRAME = "base_link";
const MIN_TEXT_BYTES = 5;

/** A stamped twist that is to be passed on: its frame must be the one in which it goes out. */
export const stampedCommand: DecodeFactory = (settings) => {
  const frame = settings.frame ?? USUAL_FRAME;
  const reader = new CdrReader();
  const values = doubles(6, true)(settings);
  return (view, offset, length, into) => {
    if (!reader.open(view, offset, length)) return reader.fault;
    reader.i32();
    reader.u32();
    const said = reader.text();
    if (reader.fault !== null) return reader.fault;
    if (said !== frame) return "frame";
    return values(view, offset, length, into);
  };
};

/** control_msgs/JointJog, put into the robot's order; a joint that is not named is asked to stand. */
export const jogReading: DecodeFactory = ({ jointNames = [] }) => {
  const reader = new CdrReader();
  const names: string[] = [];
  return (view, offset, length, into) => {
    if (!reader.open(view, offset, length)) return reader.fault;
    if (into.values.length < jointNames.length) return "wide";
    readHeader(reader, into);
    const count = reader.sequence(MIN_TEXT_BYTES);
    if (count > MAX_JOINTS) return reader.fault ?? "wide";
    names.length = 0;
    for (let i = 0; i < count && reader.fault === null; i++) names.push(reader.text());
    const displacements = reader.sequence(8);
    if (reader.fault !== null) return reader.fault;
    if (displacements > 0) return "displacement";
    if (reader.sequence(8) !== count) return reader.fault ?? "joints";
    into.values.fill(0, 0, jointNames.length);
    for (const name of names) {
      const at = jointNames.indexOf(name);
      if (at < 0) return "joints";
      into.values[at] = reader.f64();
    }
    reader.f64();
    into.count = jointNames.length;
    return reader.finish();
  };
};
