/** A bounded time for what might never settle. */

/** Rejects with `late` when it takes longer; whatever is under way then goes on, and nobody hears what becomes of it. */
export async function within<T>(
  ms: number,
  run: Promise<T>,
  late: () => Error = () => new Error(`it did not end within ${ms} ms`),
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([run, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
