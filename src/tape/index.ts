export type { BlackBoxSetting } from "./black-box.ts";
export { EVENT_TOPIC, SAMPLE_TYPE, type TapeMeta } from "./tape-format.ts";
export { createTapeWriter, type TapeSetting, type TapeStats, type TapeWriter } from "./tape-writer.ts";
