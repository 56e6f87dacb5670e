export { ROUTES, signedApprovalText } from "./routes.ts";
export { ADDRESS_FILE, type Control, type ControlParts, openControl, type StatusSource } from "./server.ts";
export { tokenFile } from "./tokens.ts";
