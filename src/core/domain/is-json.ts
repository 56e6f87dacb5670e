/** Plain data that JSON has a text for: finite numbers, text, truth values, null, and lists and objects of them. */
export function isJson(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      if (value === null) return true;
      return Array.isArray(value)
        ? value.every(isJson)
        : isPlain(value) && Object.values(value).every(isJson);
    default:
      return false;
  }
}
function isPlain(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}
