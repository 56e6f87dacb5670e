import { type Cell, cellOf } from "../../core/cell/index.ts";
import type { DeploymentParts, GoodConfig } from "../../node/deployment/index.ts";
import { createRunningHash } from "../../node/index.ts";

/** The cell of a deployment as a tape finds it, with the files that the deployment names. */
export const createBareCell = ({ deployment, hash }: GoodConfig, parts: DeploymentParts): Cell =>
  cellOf({ deployment, configHash: hash, hash: createRunningHash(), ...parts });
