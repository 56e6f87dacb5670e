/** What went wrong, and what a person can do about it. */
export interface Problem {
  readonly what: string;
  readonly remedy: string;
}
