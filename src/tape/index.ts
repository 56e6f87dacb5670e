export type { BlackBoxSetting } from "./black-box.ts";
export { EVENT_TOPIC, SAMPLE_TYPE, type TapeMeta } from "./tape-format.ts";
export { metaOf, readTape, type Tape, type TapeEnd } from "./tape-reader.ts";
export { createTapeWriter, type TapeSetting, type TapeStats, type TapeWriter } from "./tape-writer.ts";
