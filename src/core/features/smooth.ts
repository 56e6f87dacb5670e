/** Exponential mean with a time constant, for samples at any distance; made of + × ÷ alone. */
export class Smooth {
  readonly #tauUs: number;
  #at = -1;
  #value = 0;

  constructor(tauMs: number) {
    this.#tauUs = tauMs * 1_000;
  }
  get started(): boolean {
    return this.#at >= 0;
  }
  get value(): number {
    return this.#value;
  }
  add(t: number, value: number): number {
    if (this.#at < 0) this.#value = value;
    else {
      const dt = t - this.#at;
      if (dt > 0) this.#value += (value - this.#value) * (dt / (this.#tauUs + dt));
    }
    this.#at = t;
    return this.#value;
  }
}
