import { type Cell, createCell, type Ingest } from "../../core/cell/index.ts";
import { createPipeline } from "../../core/cell/pipeline/index.ts";
import type { DeploymentParts, GoodConfig } from "../../node/deployment/index.ts";
import type { CellEvent } from "../../core/domain/index.ts";
import { type bindChannels, createRunningHash } from "../../node/index.ts";
import { createKinematics } from "../../core/robot/index.ts";

/** The cell of a deployment as a tape finds it: no clock, no wires, no threads; the tape brings what they said. */
export function createBareCell(
  { deployment, hash }: GoodConfig,
  channels: ReturnType<typeof bindChannels>,
  { urdf, pflLimits, createEnergy, guests }: DeploymentParts,
): Cell {
  return createCell({
    deployment,
    configHash: hash,
    channels: channels.map(({ index, name, config }) => ({ index, name, config })),
    kinematics: createKinematics(deployment.robot, urdf),
    hash: createRunningHash(),
    createEnergy,
    guests,
    createPipeline,
    ...(pflLimits !== undefined && { pflLimits }),
  });
}

/** What a tape tells enters as it entered then; ticks come by themselves, from their due times. */
export function enterFromTape(ingest: Ingest, event: Exclude<CellEvent, { kind: "tick" }>): void {
  if (event.kind === "sample") {
    const { t, channel, values, stamp, sourceSeq } = event;
    ingest.sample(t, channel, values, values.length, stamp, sourceSeq);
    return;
  }
  const { t, seq: _seq, ...body } = event;
  ingest.event(t, body as Parameters<typeof ingest.event>[1]);
}
