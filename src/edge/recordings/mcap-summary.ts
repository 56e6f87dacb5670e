import { crc32 } from "node:zlib";
import type { ByteSource } from "./byte-source.ts";
import { FOOTER_BYTES, MAGIC, OP, RECORD_HEAD_BYTES } from "./mcap-format.ts";
import {
  type ChannelRecord,
  type ChunkIndexRecord,
  parseRecord,
  type SchemaRecord,
  type StatisticsRecord,
} from "./records.ts";

export interface Summary {
  readonly start: number;
  readonly schemas: readonly SchemaRecord[];
  readonly channels: readonly ChannelRecord[];
  readonly chunks: readonly ChunkIndexRecord[];
  readonly statistics: StatisticsRecord | null;
}
export type SummaryState =
  | { readonly kind: "whole"; readonly summary: Summary }
  /** a footer that names no summary */
  | { readonly kind: "none"; readonly footerAt: number }
  /** no footer at the end of the file */
  | { readonly kind: "unfinished" }
  | { readonly kind: "damaged"; readonly detail: string };

const TAIL_BYTES = RECORD_HEAD_BYTES + FOOTER_BYTES + MAGIC.length;
const MAX_SUMMARY_BYTES = 1_073_741_824;

/** Reads what stands behind the data: a table of contents that is only believed when its checksum agrees. */
export function readSummary(source: ByteSource): SummaryState {
  if (source.size < TAIL_BYTES + MAGIC.length) return { kind: "unfinished" };
  const tail = new Uint8Array(TAIL_BYTES);
  const tailAt = source.size - TAIL_BYTES;
  source.read(tailAt, tail);
  const view = new DataView(tail.buffer);
  if (!MAGIC.every((byte, i) => tail[TAIL_BYTES - MAGIC.length + i] === byte)) return { kind: "unfinished" };
  if (view.getUint8(0) !== OP.footer || view.getBigUint64(1, true) !== BigInt(FOOTER_BYTES))
    return { kind: "damaged", detail: "the footer is not readable" };
  const footer = parseRecord(OP.footer, view, RECORD_HEAD_BYTES, FOOTER_BYTES);
  if (footer?.type !== "Footer") return { kind: "damaged", detail: "the footer is not readable" };
  if (footer.summaryStart === 0n) return footerAlone(tail, footer.summaryCrc, tailAt);
  const start = Number(footer.summaryStart);
  if (start < MAGIC.length || start > tailAt || tailAt - start > MAX_SUMMARY_BYTES)
    return { kind: "damaged", detail: "the footer points outside the file" };
  const bytes = new Uint8Array(tailAt - start + RECORD_HEAD_BYTES + FOOTER_BYTES);
  source.read(start, bytes);
  const covered = bytes.subarray(0, bytes.length - 4);
  if (footer.summaryCrc !== 0 && crc32(covered) !== footer.summaryCrc)
    return { kind: "damaged", detail: "the summary fails its checksum" };
  return collect(bytes.subarray(0, tailAt - start), start);
}

function footerAlone(tail: Uint8Array, crc: number, footerAt: number): SummaryState {
  const covered = tail.subarray(0, RECORD_HEAD_BYTES + FOOTER_BYTES - 4);
  if (crc !== 0 && crc32(covered) !== crc)
    return { kind: "damaged", detail: "the footer fails its checksum" };
  return { kind: "none", footerAt };
}

function collect(bytes: Uint8Array, start: number): SummaryState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const schemas: SchemaRecord[] = [];
  const channels: ChannelRecord[] = [];
  const chunks: ChunkIndexRecord[] = [];
  let statistics: StatisticsRecord | null = null;
  for (let at = 0; at < bytes.length; ) {
    if (at + RECORD_HEAD_BYTES > bytes.length) return { kind: "damaged", detail: "the summary ends early" };
    const op = view.getUint8(at);
    const length = Number(view.getBigUint64(at + 1, true));
    const contentAt = at + RECORD_HEAD_BYTES;
    if (length > bytes.length - contentAt)
      return { kind: "damaged", detail: "a record of the summary is too long" };
    const record = parseRecord(op, view, contentAt, length);
    if (record?.type === "Schema") schemas.push(record);
    else if (record?.type === "Channel") channels.push(record);
    else if (record?.type === "ChunkIndex") chunks.push(record);
    else if (record?.type === "Statistics") statistics = record;
    else if (record === null && op < 0x80)
      return { kind: "damaged", detail: "a record of the summary is not readable" };
    at = contentAt + length;
  }
  return { kind: "whole", summary: { start, schemas, channels, chunks, statistics } };
}
