import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { syncFolder } from "../../files/index.ts";

/** Each checkpoint stands behind a line that says how many leaves and bytes it has. */
const HEAD = /^cellgate checkpoint (\d+) (\d+)\n/gm;
const TAIL_BYTES = 65_536;
/** of one file, spread over its whole length: an old one is as good a witness as a new one */
const READ_MAX = 2_000;

/** Adds a checkpoint at the end of a file and waits for the medium; what stands there already is never touched. */
export function appendNote(path: string, size: number, note: string): void {
  const isNew = !existsSync(path);
  const entry = Buffer.from(`cellgate checkpoint ${size} ${Buffer.byteLength(note)}\n${note}`);
  const fd = openSync(path, "a", 0o644);
  try {
    // one that a power cut tore, or a file of an earlier version, is no part of this entry
    const apart = fstatSync(fd).size > 0 ? Buffer.from("\n") : Buffer.alloc(0);
    writeSync(fd, Buffer.concat([apart, entry]));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (isNew) syncFolder(dirname(path));
}

/** The newest checkpoint of a file; empty: it holds none. */
export function newestNote(path: string): string {
  const fd = openSync(path, "r");
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    return notesIn(bytes).at(-1) ?? "";
  } finally {
    closeSync(fd);
  }
}

/** All checkpoints of a file, of very many a share: the first, the newest, and others evenly between. */
export function allNotes(path: string): readonly string[] {
  const notes = notesIn(readFileSync(path));
  if (notes.length <= READ_MAX) return notes;
  const step = (notes.length - 1) / (READ_MAX - 1);
  return Array.from({ length: READ_MAX }, (_, i) => notes[Math.round(i * step)]!);
}

function notesIn(bytes: Buffer): string[] {
  const text = bytes.toString("latin1");
  const heads = [...text.matchAll(HEAD)];
  // what stands before the first line of ours is a file of an earlier version, which held one checkpoint and nothing else
  const first = text.slice(0, heads[0]?.index ?? text.length).trim();
  const before = first !== "" && bytes.length < TAIL_BYTES ? [`${first}\n`] : [];
  const notes = heads.flatMap((head) => {
    const from = head.index + head[0].length;
    const note = text.slice(from, from + Number(head[2]));
    return note.length === Number(head[2]) ? [note] : [];
  });
  return [...before, ...notes].map((note) => Buffer.from(note, "latin1").toString("utf8"));
}
