export { createLocator, graphOfDeployment, thisMachine } from "./deployment-graph.ts";
export { type LiveWire, partsOfTopics, watchDds, watchMqtt, watchRos, withLive } from "./live-graph.ts";
export { auditHash } from "./graph-hash.ts";
export { graphOfPlan } from "./plan-graph.ts";
export { readSnapshot, type WireSnapshot } from "./snapshot-schema.ts";
export { graphOfSnapshot, mqttMatches, withStated } from "./wire-graph.ts";
