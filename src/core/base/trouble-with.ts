import { table } from "./table.ts";

const WORDS: Readonly<Record<string, string>> = table({
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is no folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the disk is read-only",
  EEXIST: "it exists already",
  ENOSPC: "the disk is full",
});

/** What went wrong with a file that is already named, in words; the system's own where there are none. */
export function troubleWith(cause: unknown): string {
  const { code, message } = cause as { readonly code?: string; readonly message: string };
  return (code === undefined ? undefined : WORDS[code]) ?? message;
}
