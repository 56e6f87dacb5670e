export type { BlackBoxSetting } from "./black-box.ts";
export { besideTape, EVENT_TOPIC, SAMPLE_TYPE, type TapeMeta } from "./tape-format.ts";
export { boxedBlocksOf, metaOf, type BoxedBlock, readTape, type Tape, type TapeEnd } from "./tape-reader.ts";
export { createTapeWriter, type TapeSetting, type TapeStats, type TapeWriter } from "./tape-writer.ts";
