/** Time limits of our own: some calls of the client never settle. */
import { LogUnavailable } from '../port.ts';

/** What `work` comes to, or `LogUnavailable` after `ms`; nobody hears then what becomes of it. */
export function inTime<T>(work: Promise<T>, ms: number, why: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new LogUnavailable(why)), Math.max(0, ms));
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
