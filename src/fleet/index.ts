export { type CellLink, type CellLinkSetting, openCellLink } from "./cell-link.ts";
export { type Centre, type CentreSetting, openCentre } from "./centre.ts";
export { type FleetMessage, type FleetReport, open, privateKeyOf, publicKeyOf, seal } from "./sign.ts";
export { fleetTopics } from "./topics.ts";
