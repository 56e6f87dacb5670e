import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { receiptBody } from "../../../src/core/domain/index.ts";
import { isJson } from "../../../src/core/domain/is-json.ts";

const SEED = 20_261_121;

test("what a receipt's terms may hold is what JSON can say, as the schema library sees it", () => {
  const schema = z.json();
  const anything = fc.anything({ withDate: true, withMap: true, withBigInt: true, withNullPrototype: true });
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), anything), (value) => {
      expect(isJson(value)).toBe(schema.safeParse(value).success);
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

test("a receipt with a term that is no data is refused", () => {
  const body = { receipt_type: "wound", wound_index: 1 };
  const terms = (value: unknown) => ({
    receipt_type: "monte_carlo",
    action_id: "a",
    n_simulations: 1,
    variance: 0,
    mean_outcome: 0,
    is_stable: true,
    terms: { value },
  });
  for (const good of [1, "x", null, true, [1, { a: [] }]])
    expect(receiptBody.safeParse(terms(good)).success).toBe(true);
  for (const bad of [undefined, Number.NaN, [1, [() => 1]], { a: { b: undefined } }, new Date(0)])
    expect(receiptBody.safeParse(terms(bad)).success).toBe(false);
  expect(receiptBody.safeParse(body).success).toBe(false);
});
