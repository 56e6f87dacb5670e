export { ed25519Key, rawKeyHex, signatureHolds } from "./ed25519.ts";
export { readPflLimits, signatureNameOf, signPflLimits, verifyPflLimits } from "./pfl-limits.ts";
