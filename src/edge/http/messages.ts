import type { Problem } from "../../core/base/problem.ts";
import type { NodeStatus, Receipt } from "../../core/domain/index.ts";
import type { Handed, Reply } from "./control/index.ts";
import type { Frame, Scene } from "../report/index.ts";

/** What the node's thread hands to the page's thread: copies, never anything that the cell works with. */
export type ToPage =
  | { readonly kind: "status"; readonly status: NodeStatus }
  | { readonly kind: "frame"; readonly frame: Frame }
  | { readonly kind: "receipt"; readonly receipt: Receipt }
  /** what the node says to a request that was handed over */
  | { readonly kind: "reply"; readonly id: number; readonly reply: Reply }
  | { readonly kind: "block"; readonly t_us: number; readonly code: string; readonly detail: string };
/** What comes back: how much was taken, so that a slow page thread is never flooded. */
export type FromPage =
  | { readonly kind: "listening"; readonly port: number; readonly elsewhere: number | null }
  | { readonly kind: "failed"; readonly problem: Problem }
  | { readonly kind: "taken"; readonly count: number }
  | { readonly kind: "ask"; readonly id: number; readonly handed: Handed }
  /** whether anybody looks: pictures are made only then */
  | { readonly kind: "watched"; readonly watched: boolean };

/** Texts of certificate and key: the page's thread opens no file of the deployment. */
export interface Elsewhere {
  readonly host: string;
  readonly port: number;
  readonly cert: string;
  readonly key: string;
}
export interface PageSetting {
  readonly host: string;
  readonly port: number;
  /** longest body of an act */
  readonly maxBodyBytes: number;
  /** the node's own endpoint: who wants to hear all events is passed on to it */
  readonly controlUrl: string;
  readonly dataDir: string;
  readonly version: string;
  readonly cell: string;
  /** where others may look from other machines; null: nowhere */
  readonly elsewhere: Elsewhere | null;
  /** what never changes in the picture of the cell; null: there is none */
  readonly scene: Scene | null;
}
