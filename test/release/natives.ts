import { foundNatives, KNOWN, type Native, OF_THE_MACHINE, ofNode } from "./native-libraries.ts";

/** npm run natives: each native library that can be in the process, its maker, version and what it parses. */
const SHOWN = 4;
const listed = (files: readonly string[]): string =>
  files.length === 0
    ? "nothing for this platform"
    : files.slice(0, SHOWN).join(", ") +
      (files.length > SHOWN ? ` and ${files.length - SHOWN} more files` : "");
const shipped = foundNatives().map(({ owner, name, version, files }): Native => {
  const known = KNOWN[owner];
  return {
    library: `${name}: ${listed(files)}`,
    maker: known?.maker ?? "unknown: add it to test/release/native-libraries.ts",
    version,
    parses: known?.parses ?? "unknown",
  };
});
for (const [title, natives] of [
  ["with the package", shipped],
  [`with Node ${process.versions.node}`, ofNode(process.versions)],
  ["of the machine, where it has them", OF_THE_MACHINE],
] as const) {
  console.log(`${title}\n`);
  for (const { library, maker, version, parses } of natives)
    console.log(`  ${library}\n    ${version}, by ${maker}\n    parses ${parses}\n`);
}
