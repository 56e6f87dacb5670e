import type { NodeStatus, Receipt } from "../../core/domain/index.ts";
import type { Frame, Scene } from "../report/index.ts";

/** What the node's thread hands to the page's thread: copies, never anything that the cell works with. */
export type ToPage =
  | { readonly kind: "status"; readonly status: NodeStatus }
  | { readonly kind: "frame"; readonly frame: Frame }
  | { readonly kind: "receipt"; readonly receipt: Receipt }
  | { readonly kind: "block"; readonly t_us: number; readonly code: string; readonly detail: string };
/** What comes back: how much was taken, so that a slow page thread is never flooded. */
export type FromPage =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "failed"; readonly detail: string }
  | { readonly kind: "taken"; readonly count: number }
  /** whether anybody looks: pictures are made only then */
  | { readonly kind: "watched"; readonly watched: boolean };

export interface PageSetting {
  readonly host: string;
  readonly port: number;
  /** where acts of people go: the node's own endpoint */
  readonly controlUrl: string;
  readonly dataDir: string;
  readonly version: string;
  readonly cell: string;
  /** what never changes in the picture of the cell; null: there is none */
  readonly scene: Scene | null;
}
