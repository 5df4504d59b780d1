/** Several endless works of which none goes on without the others. */

/** Until the signal aborts, or until one throws: the others are then aborted and waited for, and that error is thrown. */
export async function together(
  signal: AbortSignal,
  works: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const guarded = async (work: (signal: AbortSignal) => Promise<void>) => {
    try {
      await work(both);
    } catch (error) {
      failed.abort(error);
    }
  };
  await Promise.all(works.map(guarded));
  if (failed.signal.aborted) throw failed.signal.reason;
}
