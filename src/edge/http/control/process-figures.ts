import { readdirSync, readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { getHeapStatistics } from "node:v8";

/** What the process takes of its machine; null: this system does not say. */
export interface ProcessFigures {
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly heapLimitBytes: number;
  readonly descriptors: number | null;
  readonly threads: number | null;
  readonly diskFreeBytes: number | null;
}

/** Read when somebody asks: memory and /proc, never the disk. How full the disk is was asked beside, a while ago. */
export class ProcessWatch {
  readonly #dataDir: string;
  #diskFreeBytes: number | null = null;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.askDisk();
  }
  /** asks without waiting for the answer */
  askDisk(): void {
    statfs(this.#dataDir).then(
      ({ bavail, bsize }) => (this.#diskFreeBytes = bavail * bsize),
      () => (this.#diskFreeBytes = null),
    );
  }
  figures(): ProcessFigures {
    const heap = getHeapStatistics();
    return {
      residentBytes: process.memoryUsage.rss(),
      heapBytes: heap.used_heap_size,
      heapLimitBytes: heap.heap_size_limit,
      descriptors: known(() => readdirSync("/proc/self/fd").length),
      threads: known(() =>
        Number(/^Threads:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? Number.NaN),
      ),
      diskFreeBytes: this.#diskFreeBytes,
    };
  }
}

function known(read: () => number): number | null {
  try {
    const value = read();
    return Number.isFinite(value) ? value : null;
  } catch {
    return null;
  }
}
