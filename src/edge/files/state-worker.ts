import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { parentPort } from "node:worker_threads";
import { assert } from "../../core/base/assert.ts";
import { makeFolder } from "./disk.ts";
import { replaceFile } from "./replace.ts";
import type { FromStateWriter, StateWrite, ToStateWriter } from "./state-writer.ts";

/** Entry of the thread that writes small files of state. Each answer comes after the disk's own. */
const port = parentPort;
assert(port !== null, "runs as a thread");

function carryOut(write: StateWrite): void {
  if (write.how === "whole") {
    makeFolder(dirname(write.path), 0o700);
    return replaceFile(write.path, write.content, 0o600);
  }
  const fd = openSync(write.path, "r+");
  try {
    const { length } = write.content;
    if (writeSync(fd, write.content, 0, length, write.offset) !== length)
      throw new Error("the disk took a part of it");
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

port.on("message", ({ name, write }: ToStateWriter) => {
  let failed: string | null = null;
  try {
    carryOut(write);
  } catch (error) {
    failed = error instanceof Error ? error.message : String(error);
  }
  port.postMessage({ name, failed } satisfies FromStateWriter);
});
