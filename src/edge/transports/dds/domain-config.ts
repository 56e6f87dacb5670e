import type { DdsSettings } from "./settings.ts";

type NetworkSettings = Pick<DdsSettings, "network" | "multicast" | "peers" | "maxParticipants" | "security">;

/** Text cannot leave its element or attribute. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.codePointAt(0)};`);

/**
 * The configuration handed to Cyclone, instead of whatever the environment says: two nodes with the same
 * deployment meet in the same way on every machine.
 */
export function domainConfig(settings: NetworkSettings): string {
  const named = /^[0-9.:]+$/.test(settings.network) ? "address" : "name";
  const peers = settings.peers.length > 0 || settings.multicast ? settings.peers : ["127.0.0.1"];
  const list = peers.map((peer) => `<Peer address="${escaped(peer)}"/>`).join("");
  const multicast = settings.multicast ? "true" : "false";
  const own = [
    '<CycloneDDS><Domain id="any">',
    `<General><Interfaces><NetworkInterface ${named}="${escaped(settings.network)}" multicast="${multicast}"/></Interfaces>`,
    `<AllowMulticast>${multicast}</AllowMulticast></General>`,
    `<Discovery><ParticipantIndex>auto</ParticipantIndex><MaxAutoParticipantIndex>${settings.maxParticipants - 1}</MaxAutoParticipantIndex>`,
    `${list === "" ? "" : `<Peers>${list}</Peers>`}</Discovery>`,
    "</Domain></CycloneDDS>",
  ].join("");
  return settings.security === undefined ? own : `${settings.security},${own}`;
}
