import { statfsSync } from "node:fs";
import type { Code, Deployment } from "../../core/domain/index.ts";
import type { HealthBoard } from "./health-board.ts";
import { ledgerBytes } from "./retention.ts";

/** A code raised for space ends only when this share more is free, or less is used: no flicker at the edge. */
const SPACE_HYSTERESIS = 0.05;

/** Compares free space and the ledger's own size with their limits. Returns the ledger's size in bytes. */
export function watchSpace(
  dir: string,
  settings: Deployment["ledger"],
  health: HealthBoard,
  canShrink: (bytes: number) => boolean,
): number {
  const disk = statfsSync(dir);
  const free = disk.bavail * disk.bsize;
  const below = (code: Code, limit: number): void => {
    const isLow = free < (health.has(code) ? limit * (1 + SPACE_HYSTERESIS) : limit);
    health.set(code, isLow, isLow ? `less than ${limit} bytes are free` : "");
  };
  below("LEDGER_DISK_LOW", settings.diskLowBytes);
  below("LEDGER_DISK_STOP", settings.diskStopBytes);
  const bytes = ledgerBytes(dir);
  const limit = health.has("LEDGER_SIZE_STOP")
    ? settings.maxBytes * (1 - SPACE_HYSTERESIS)
    : settings.maxBytes;
  const isOver = bytes > limit && !canShrink(bytes);
  health.set("LEDGER_SIZE_STOP", isOver, isOver ? `the limit of ${settings.maxBytes} bytes is reached` : "");
  return bytes;
}
