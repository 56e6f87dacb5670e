import { z } from "zod";
import { err, ok, type Result } from "../../core/base/result.ts";
import { MAX_AUDIT_NODES } from "../../core/domain/index.ts";

const name = z.string().min(1).max(512);
/** A topic by its name, or with its type as discovery tools print it. */
const topic = z
  .union([name, z.looseObject({ topic: name })])
  .transform((t) => (typeof t === "string" ? t : t.topic));
const topics = z.array(topic).max(4_096).default([]);
const names = z.array(name).max(256).optional();
const size = z.number().nonnegative().optional();
const count = z.number().int().min(0).optional();

/** A part of a graph, as tools print it, and what a person states of it. Keys of other tools are left alone. */
const part = z.looseObject({
  name,
  kind: z.enum(["part", "queue", "store", "workers"]).default("part"),
  publishes: topics,
  subscribes: topics,
  /** services and actions: who calls, who serves */
  calls: topics,
  serves: topics,
  /** what it starts; an empty list says: nothing */
  spawns: names,
  spawnsMax: count,
  generationsMax: count,
  rateMaxHz: z.number().positive().optional(),
  controlLoop: z.string().min(10).max(500).optional(),
  /** worst case of what it takes */
  memoryBytesMax: size,
  diskBytesMax: size,
  threadsMax: count,
  filesMax: count,
  growsWith: z.enum(["time", "cells", "items"]).optional(),
  keptFor: z.string().min(2).max(500).optional(),
  /** the day on which it runs out */
  expires: z.iso.date().optional(),
  /** quantities: what its trigger reads, what it changes, and which of those are looked at again afterwards */
  reads: names,
  moves: names,
  rechecks: names,
});
/** A snapshot of who publishes and who listens: ROS 2, DDS and MQTT say the same in other words. */
const snapshotSchema = z.looseObject({
  kind: z.enum(["ros", "dds", "mqtt"]).default("ros"),
  nodes: z.array(part).max(MAX_AUDIT_NODES),
  /** what all the caps have to fit into */
  machine: z
    .strictObject({
      memoryBytes: z.number().positive(),
      diskBytes: z.number().positive(),
      threads: z.number().int().positive(),
      files: z.number().int().positive(),
    })
    .optional(),
});
export type WireSnapshot = z.infer<typeof snapshotSchema>;
export type WirePart = WireSnapshot["nodes"][number];

export function readSnapshot(json: unknown): Result<WireSnapshot, string> {
  const read = snapshotSchema.safeParse(json);
  if (read.success) return ok(read.data);
  const issue = read.error.issues[0];
  return err(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "no snapshot"}`);
}
