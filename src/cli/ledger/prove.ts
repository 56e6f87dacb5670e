import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { checkProof, proveReceipt } from "../../edge/ledger/index.ts";
import { command, EXIT, UserError } from "../command.ts";
import { dataOption, fileOrText, jsonOption, ledgerPlace, readInput } from "./place.ts";
import { kinds, optional, required } from "../options/index.ts";

export const ledgerProveCommand = command({
  words: ["ledger", "prove"],
  summary: "write a file that proves one receipt, for somebody who has no access here",
  takes: "<receipt id>",
  example: "cellgate ledger prove r3.1207.0 --out r3.1207.0.tlog-proof",
  options: {
    out: optional(kinds.file, "file to write (default <receipt id>.tlog-proof)"),
    ...dataOption,
  },
  async run(input, io) {
    const id = input.positionals[0];
    if (id === undefined) throw new UserError("no receipt named", "`cellgate ledger show` lists them");
    const proof = await proveReceipt(ledgerPlace(input), id);
    if (!proof.ok) throw new UserError(proof.error, "", EXIT.found);
    const path = resolve(io.cwd, input.values.out ?? `${id}.tlog-proof`);
    writeFileSync(path, proof.value.text);
    io.out(
      `${path}: ${id} is row ${proof.value.index} of ${proof.value.size} signed rows in shard ${proof.value.shard}`,
    );
    io.out(
      `check it anywhere with the key that you keep: cellgate ledger check-proof ${path} --key cell.key`,
    );
    io.out(`the key of this shard, by its own word: ${proof.value.key}`);
    return EXIT.ok;
  },
});

export const ledgerCheckProofCommand = command({
  words: ["ledger", "check-proof"],
  summary: "check a proof file with nothing but the file and a key",
  takes: "<file>",
  example: "cellgate ledger check-proof r3.1207.0.tlog-proof --key cell.key",
  options: {
    key: required(kinds.file, "the ledger's public key, as text or file", {
      as: "KEY",
      missing: "no key given",
      remedy: "--key with the line that `cellgate ledger key` prints",
    }),
    leaf: optional(kinds.file, "the leaf's bytes, for a proof that does not carry them"),
    ...jsonOption,
  },
  async run(input, io) {
    const [file] = input.positionals;
    const key = input.values.key;
    if (file === undefined)
      throw new UserError("no proof file named", "`cellgate ledger prove <receipt>` writes one");
    const leaf = input.values.leaf;
    const checked = await checkProof(
      readInput(file, io),
      fileOrText(key, io),
      leaf === undefined ? undefined : Buffer.from(readInput(leaf, io)),
    );
    if (!checked.ok) {
      io.err(`NOT PROVEN: ${checked.error}`);
      return EXIT.found;
    }
    const { receipt, receiptText, origin, index, size, signedBy } = checked.value;
    if (input.values.json)
      io.out(
        JSON.stringify({ proven: true, origin, index: String(index), size: String(size), signedBy, receipt }),
      );
    else {
      io.out(receiptText);
      io.out(`proven: row ${index} of ${size} in ${origin}, signed by ${signedBy}`);
    }
    return EXIT.ok;
  },
});
