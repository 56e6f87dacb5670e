/** Topics of one fleet. Kill state and artefacts are retained; orders and reports are not. */
export const fleetTopics = (base: string, fleet: string) => ({
  kill: `${base}/${fleet}/kill`,
  orders: (cell: string) => `${base}/${fleet}/orders/${cell}`,
  reports: (cell: string) => `${base}/${fleet}/reports/${cell}`,
  allReports: `${base}/${fleet}/reports/+`,
  /** an artefact by the first half of its hash */
  artefact: (hash: string) => `${base}/${fleet}/artefacts/${hash.split(":")[0]!}`,
  /** a centre hears its own words here: what the broker had stored has come before them */
  probe: (id: string) => `${base}/${fleet}/centres/${id}`,
});
