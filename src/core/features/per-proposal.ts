import type { Proposal } from "../domain/index.ts";
import type { FeatureFamily, FeatureSource, FeatureSpec } from "./feature.ts";

/** A family that looks at the action under judgement alone; missing while there is none, or it says nothing of the kind. */
export function perProposal(family: {
  readonly name: string;
  readonly needs: string;
  readonly specs: readonly FeatureSpec[];
  /** writes its numbers from 0 on; false: the proposal says nothing of the kind */
  read(proposal: Proposal, out: Float64Array): boolean;
}): FeatureFamily {
  return {
    name: family.name,
    needs: family.needs,
    quantities: [],
    aboutActions: true,
    specs: () => family.specs,
    build(): FeatureSource {
      const held = new Float64Array(family.specs.length);
      let present = false;
      return {
        specs: family.specs,
        listens: [],
        onProposal(proposal) {
          present = proposal !== null && family.read(proposal, held);
        },
        write(_t, out, at) {
          if (present) for (let i = 0; i < held.length; i++) out[at + i] = held[i] as number;
          return present;
        },
      };
    },
  };
}
