import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { readPflLimits, signPflLimits } from "../edge/keys/index.ts";
import { command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { wrapped } from "./wrap.ts";
import { troubleWith } from "../core/base/trouble-with.ts";
import { kinds, required } from "./options/index.ts";

function fileOf(input: Pick<CommandInput, "positionals">, io: Io): string {
  const [file] = input.positionals;
  if (file === undefined)
    throw new UserError("no table of contact limits given", "name one, for example launch/pfl-limits.json");
  return resolve(io.cwd, file);
}

export const limitsVerifyCommand = command({
  words: ["limits", "verify"],
  summary: "check the signature of a table of contact limits, show what it says",
  takes: "<pfl-limits.json>",
  example:
    "cellgate limits verify launch/pfl-limits.json --public-key cec5c843fabddacde1ba6415cf802674f62dc08d42b2b2c1396364e285867e00",
  options: {
    "public-key": required(kinds.text, "Ed25519 key that must have signed it, 64 hexadecimal digits", {
      as: "HEX",
      missing: "no key given",
      remedy: "give the key that you trust with --public-key",
    }),
  },
  async run(input, io) {
    const key = input.values["public-key"];
    const read = readPflLimits(fileOf(input, io), key);
    if (!read.ok) {
      io.err(`${read.error.what}\n  → ${read.error.remedy}`);
      return EXIT.found;
    }
    const { edition, source, notice, regions } = read.value;
    for (const [name, text] of Object.entries({ edition, source, notice }))
      for (const line of wrapped(`${name.padEnd(9)}${text}`, io.columns, 9)) io.out(line);
    io.out("");
    for (const [name, r] of Object.entries(regions)) {
      const transient =
        r.transientFactor === null ? "transient contact not permitted" : `transient × ${r.transientFactor}`;
      io.out(
        `${name.padEnd(16)} ${String(r.quasiStaticForceN).padStart(4)} N  ${transient.padEnd(32)} ${String(r.stiffnessNPerMm).padStart(4)} N/mm  ${r.massKg} kg`,
      );
    }
    return EXIT.ok;
  },
});

export const limitsSignCommand = command({
  words: ["limits", "sign"],
  summary: "sign your own table of contact limits",
  takes: "<pfl-limits.json>",
  example:
    "openssl genpkey -algorithm ed25519 -out limits.pem && cellgate limits sign my-limits.json --key limits.pem",
  options: {
    key: required(kinds.file, "Ed25519 private key in PEM", {
      as: "private.pem",
      missing: "no key given",
      remedy: "give your Ed25519 private key with --key FILE",
    }),
  },
  async run(input, io) {
    const key = input.values.key;
    let pem: string;
    try {
      pem = readFileSync(resolve(io.cwd, key), "utf8");
    } catch (cause) {
      throw new UserError(
        `the key cannot be read: ${troubleWith(cause)}`,
        "make one: openssl genpkey -algorithm ed25519 -out limits.pem",
      );
    }
    const signed = signPflLimits(fileOf(input, io), pem);
    if (!signed.ok) throw new UserError(signed.error.what, signed.error.remedy);
    io.out(`Signed. Name this key in the deployment: rules.pfl.publicKey: "${signed.value.publicKey}"`);
    return EXIT.ok;
  },
});
