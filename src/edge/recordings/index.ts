export type { Bag, BagLosses, BagTopic, ReadOptions } from "./bag.ts";
export { AsyncSink, type ByteSink, openSyncSink } from "./byte-sink.ts";
export { memorySource } from "./byte-source.ts";
export type { Loss } from "./losses.ts";
export { McapBag, openMcap, openMcapSource } from "./mcap-bag.ts";
export type { BagCursor, CursorOrder } from "./mcap-cursor.ts";
export { microsOfWords, nanosHigh, nanosLow } from "./mcap-format.ts";
export { McapWriter, type McapWriterOptions, type SealedChunk } from "./mcap-writer.ts";
export { openBag } from "./open-bag.ts";
