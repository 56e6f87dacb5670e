import { cut } from "../base/text.ts";
import type { Code } from "../domain/index.ts";

/** Why an action is not let through. */
export interface Refusal {
  readonly code: Code;
  /** what a person needs to find the spot; never longer than DETAIL_MAX */
  readonly detail: string;
}
const DETAIL_MAX = 300;

/** Text from outside is shortened and stripped of what a terminal or page could take for a command. */
export const refusal = (code: Code, detail: string): Refusal => ({
  code,
  detail: plainText(detail, DETAIL_MAX),
});

export function plainText(text: string, max: number): string {
  const kept = text.length > max ? `${cut(text, max - 1)}…` : text;
  return kept.replace(/[\p{C}]/gu, "?");
}
