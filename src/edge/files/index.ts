export { type Disk, makeFolder, realDisk, syncFile, syncFolder } from "./disk.ts";
export { readJson, writeJson } from "./json.ts";
export { putInPlace, replaceFile } from "./replace.ts";
export { boundedYaml, type YamlFault } from "./bounded-yaml.ts";
export { type FromStateWriter, StateWriter, type StateWrite, type ToStateWriter } from "./state-writer.ts";
