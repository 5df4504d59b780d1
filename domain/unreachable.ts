/** Closes a `switch` over a union: the compiler refuses it while a member has no case. */

/** Throws: a value that the types rule out is a bug, such as an event that was never declared. */
export function unreachable(value: never): never {
  throw new Error(`no case for ${JSON.stringify(value)}`);
}
