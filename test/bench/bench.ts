/** One figure of a benchmark; ratios are taken against a baseline measured in the same run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline?: number;
  readonly ratio?: number;
  /** what was promised, in words: "p50 ≤ 5 µs" */
  readonly target?: string;
  readonly note?: string;
}
export interface Bench {
  readonly name: string;
  run(): Promise<readonly Figure[]>;
}
