/** Trips at once, releases slowly: the condition must have been gone for `holdUs` without a break. */
export class Trip {
  active = false;
  readonly #holdUs: number;
  #goneSince = -1;

  constructor(holdUs: number) {
    this.#holdUs = holdUs;
  }
  /** true when this is the moment of tripping */
  trip(): boolean {
    this.#goneSince = -1;
    if (this.active) return false;
    this.active = true;
    return true;
  }
  /** not tripped now, but not clearly gone either: the hold begins anew */
  linger(): void {
    this.#goneSince = -1;
  }
  /** the condition is gone at `t`; true when that has lasted long enough and it ends now */
  release(t: number): boolean {
    if (!this.active) return false;
    if (this.#goneSince < 0) this.#goneSince = t;
    if (t - this.#goneSince < this.#holdUs) return false;
    this.active = false;
    this.#goneSince = -1;
    return true;
  }
}
