import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { checkProof, proveReceipt } from "../../edge/ledger/index.ts";
import { type Command, EXIT, UserError } from "../command.ts";
import { dataOption, fileOrText, flag, jsonOption, ledgerPlace, readInput, text } from "./place.ts";

export const ledgerProveCommand: Command = {
  words: ["ledger", "prove"],
  summary: "write a file that proves one receipt, for somebody who has no access here",
  usage: "<receipt id> [--out FILE]",
  example: "cellgate ledger prove r3.1207.0 --out r3.1207.0.tlog-proof",
  options: {
    out: { type: "string", help: "file to write (default <receipt id>.tlog-proof)" },
    ...dataOption,
  },
  async run(input, io) {
    const id = input.positionals[0];
    if (id === undefined) throw new UserError("no receipt named", "`cellgate ledger show` lists them");
    const proof = await proveReceipt(ledgerPlace(input, io), id);
    if (!proof.ok) throw new UserError(proof.error, "", EXIT.found);
    const path = resolve(io.cwd, text(input, "out") ?? `${id}.tlog-proof`);
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
};

export const ledgerCheckProofCommand: Command = {
  words: ["ledger", "check-proof"],
  summary: "check a proof file with nothing but the file and a key",
  usage: "<file> --key KEY [--leaf FILE] [--json]",
  example: "cellgate ledger check-proof r3.1207.0.tlog-proof --key cell.key",
  options: {
    key: { type: "string", help: "the ledger's public key, as text or file" },
    leaf: { type: "string", help: "the leaf's bytes, for a proof that does not carry them" },
    ...jsonOption,
  },
  async run(input, io) {
    const [file] = input.positionals;
    const key = text(input, "key");
    if (file === undefined)
      throw new UserError("no proof file named", "`cellgate ledger prove <receipt>` writes one");
    if (key === undefined)
      throw new UserError("no key given", "--key with the line that `cellgate ledger key` prints");
    const leaf = text(input, "leaf");
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
    if (flag(input, "json"))
      io.out(
        JSON.stringify({ proven: true, origin, index: String(index), size: String(size), signedBy, receipt }),
      );
    else {
      io.out(receiptText);
      io.out(`proven: row ${index} of ${size} in ${origin}, signed by ${signedBy}`);
    }
    return EXIT.ok;
  },
};
