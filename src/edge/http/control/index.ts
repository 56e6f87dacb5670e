export { ed25519Key, rawKeyHex } from "../../keys/ed25519.ts";
export { readPflLimits, signatureNameOf, signPflLimits, verifyPflLimits } from "../../keys/pfl-limits.ts";
export { ROUTES, signedApprovalText } from "./routes.ts";
export { ADDRESS_FILE, type Control, type ControlParts, openControl, type StatusSource } from "./server.ts";
export { type ControlProblem, tokenFile } from "./tokens.ts";
