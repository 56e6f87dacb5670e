export { type Disk, makeFolder, realDisk, syncFile, syncFolder } from "./disk.ts";
export { readJson, writeJson } from "./json.ts";
export { putInPlace, replaceFile } from "./replace.ts";
