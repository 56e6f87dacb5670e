/** What a test runner gives: vitest, node:test, mocha and jest all have these two under these or like names. */
export interface Runner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => void): void;
}
