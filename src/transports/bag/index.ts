export { AsyncSink, type ByteSink, openSyncSink } from "./byte-sink.ts";
export { nanosHigh, nanosLow, microsOfWords } from "./mcap-format.ts";
export { McapWriter, type McapWriterOptions, type SealedChunk } from "./mcap-writer.ts";
