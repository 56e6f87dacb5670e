// The picture of a recording: the frame of the moment that is looked at.
import type { Film, Frame } from "../scene.ts";
import { cellPicture } from "./picture/cell-picture.ts";

export function filmOf({ scene, frames }: Film): { readonly node: HTMLElement; show(s: number): void } {
  const picture = cellPicture("The cell from above at the moment that is looked at");
  picture.scene(scene);
  return {
    node: picture.node,
    show(s) {
      const frame = frameAt(frames, s);
      if (frame !== null) picture.frame(frame);
    },
  };
}

/** the newest frame that is not after the moment; the first one before it */
function frameAt(frames: readonly Frame[], s: number): Frame | null {
  let [low, high] = [0, frames.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (frames[middle]!.t <= s) low = middle;
    else high = middle - 1;
  }
  return frames[low] ?? null;
}
