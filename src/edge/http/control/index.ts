export { readBody } from "./body.ts";
export type { StatusSource } from "./desk.ts";
export {
  createToken,
  type Holder,
  listTokens,
  PersonalTokens,
  revokeToken,
  type Scope,
  SCOPES,
} from "./personal-tokens.ts";
export { type Reply, ROUTES, signedApprovalText } from "./routes.ts";
export { ADDRESS_FILE, type Control, type ControlParts, type Handed, openControl } from "./server.ts";
export { tokenFile } from "./tokens.ts";
