/** How often a random or exhaustive test goes round: `full` in the soak lane, `short` in every other. */
export const count = (short: number, full: number): number =>
  process.env["CELLGATE_LANE"] === "soak" ? full : short;
