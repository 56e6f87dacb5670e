/** Share of the calibration scores above a new one; ties, with the new score itself, are split by u in (0, 1). */
export function conformalPValue(scores: ArrayLike<number>, score: number, u: number): number {
  let above = 0;
  let equal = 1;
  for (let i = 0; i < scores.length; i++) {
    const other = scores[i] as number;
    if (other > score) above++;
    else if (other === score) equal++;
  }
  return (above + u * equal) / (scores.length + 1);
}

const JUMP = 0.01;
const BETS = [-1, 0, 1] as const;
/** capital is kept below this so that a long alarm can end again */
const CAPITAL_MAX = 1e100;

/**
 * Simple Jumper (Vovk): bets against the uniformity of p-values. The chance that its capital ever reaches
 * 1/alpha while nothing has shifted is at most alpha.
 */
export interface ShiftMartingale {
  readonly capital: number;
  readonly highest: number;
  readonly steps: number;
  update(pValue: number): number;
  restart(): void;
}
export function createSimpleJumper(jump = JUMP): ShiftMartingale {
  const parts = new Float64Array(BETS.length);
  let highest = 1;
  let steps = 0;
  const total = (): number => (parts[0] as number) + (parts[1] as number) + (parts[2] as number);
  const restart = (): void => {
    parts.fill(1 / BETS.length);
    highest = 1;
    steps = 0;
  };
  restart();
  return {
    get capital() {
      return total();
    },
    get highest() {
      return highest;
    },
    get steps() {
      return steps;
    },
    update(pValue) {
      const shared = (jump * Math.min(CAPITAL_MAX, total())) / BETS.length;
      for (let i = 0; i < BETS.length; i++) {
        const kept = (1 - jump) * Math.min(CAPITAL_MAX, parts[i] as number) + shared;
        parts[i] = kept * (1 + (BETS[i] as number) * (pValue - 0.5));
      }
      steps++;
      const capital = total();
      highest = Math.max(highest, capital);
      return capital;
    },
    restart,
  };
}
