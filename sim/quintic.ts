/** Rest-to-rest quintic on u in [0, 1]: position, and its first and second derivative by u. */
export const blend = (u: number): number => (u <= 0 ? 0 : u >= 1 ? 1 : u * u * u * (10 + u * (6 * u - 15)));
export const blendRate = (u: number): number => (u <= 0 || u >= 1 ? 0 : 30 * u * u * (1 - u) * (1 - u));
export const blendRateRate = (u: number): number => (u <= 0 || u >= 1 ? 0 : 60 * u * (1 - u) * (1 - 2 * u));

/** largest first and second derivative */
export const BLEND_RATE_MAX = 1.875;
export const BLEND_RATE_RATE_MAX = 5.773502691896258;
