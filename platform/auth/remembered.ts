/** Remembers answers for a moment, so that a burst of requests of one caller asks once. */

const MAX_REMEMBERED = 50_000;

export type Remembered<T> = {
  (key: string): Promise<T>;
  /** The next question is asked anew. */
  forget(key: string): void;
};

/** The same question within `forMs` gets the same promise; a failure is not remembered. */
export function remembered<T>(
  ask: (key: string) => Promise<T>,
  forMs: number,
  now: () => number = Date.now,
): Remembered<T> {
  const answers = new Map<string, { readonly until: number; readonly answer: Promise<T> }>();
  const recall = (key: string): Promise<T> => {
    const known = answers.get(key);
    if (known !== undefined && known.until > now()) return known.answer;
    if (answers.size >= MAX_REMEMBERED) answers.clear();
    const answer = ask(key);
    const entry = { until: now() + forMs, answer };
    answers.set(key, entry);
    answer.catch(() => {
      if (answers.get(key) === entry) answers.delete(key);
    });
    return answer;
  };
  return Object.assign(recall, { forget: (key: string): void => void answers.delete(key) });
}
