/**
 * A table that is looked up by words from outside. It inherits nothing: "constructor" is found only when it
 * stands in it.
 */
export const table = <T extends object>(entries: T): T =>
  Object.assign(Object.create(null) as object, entries) as T;
