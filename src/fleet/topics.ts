/** Topics of one fleet. The kill state is retained; orders and reports are not. */
export const fleetTopics = (base: string, fleet: string) => ({
  kill: `${base}/${fleet}/kill`,
  orders: (cell: string) => `${base}/${fleet}/orders/${cell}`,
  reports: (cell: string) => `${base}/${fleet}/reports/${cell}`,
  allReports: `${base}/${fleet}/reports/+`,
});
