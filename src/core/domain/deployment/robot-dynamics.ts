import { z } from "zod";
import { MAX_JOINTS } from "../limits.ts";
import { kg, metre, rad } from "./units.ts";

const moment = z.number().min(0.000_000_1).max(10_000);
const product = z.number().min(-10_000).max(10_000).default(0);
const friction = z.number().min(0).max(100_000).default(0);

/** What turns with one joint. */
const link = z.strictObject({
  massKg: kg(0.001, 10_000),
  centreM: z
    .tuple([metre(-10, 10), metre(-10, 10), metre(-10, 10)])
    .describe("centre of mass, in the frame that this joint's row of the DH table ends in"),
  inertiaKgM2: z
    .strictObject({ xx: moment, yy: moment, zz: moment, xy: product, xz: product, yz: product })
    .describe("about the centre of mass, along the axes of that frame"),
});
const drive = z.strictObject({
  rotorInertiaKgM2: z
    .number()
    .min(0)
    .max(10_000)
    .default(0)
    .describe("inertia of motor and gear as the joint feels it"),
  viscousFrictionNmSPerRad: friction,
  dryFrictionNm: friction,
});

/** What the sandbox needs beside the geometry: masses, thickness, drives. Base to tool, one entry per joint. */
export const dynamicsSchema = z.strictObject({
  source: z
    .string()
    .min(3)
    .max(300)
    .describe("where these numbers come from: data sheet, CAD, identification; for whoever audits them"),
  links: z
    .array(link)
    .min(1)
    .max(MAX_JOINTS)
    .optional()
    .describe("for kinematics.dh; a URDF states its own in <inertial>"),
  linkRadiiM: z
    .array(metre(0.005, 1))
    .min(1)
    .max(MAX_JOINTS)
    .optional()
    .describe(
      "how thick each link is around the line from its joint over its centre of mass to the next joint; " +
        "goes before the <collision> shapes of a URDF",
    ),
  drives: z
    .array(drive)
    .min(1)
    .max(MAX_JOINTS)
    .optional()
    .describe("friction and motors of each joint; goes before <dynamics> of a URDF"),
  servoGiveRad: rad(0.002, 0.1)
    .default(0.01)
    .describe("how far a joint gives way under its largest torque before its servo holds it"),
});
export type DynamicsConfig = z.infer<typeof dynamicsSchema>;
