/** Sheds load: beyond so many requests in hand, an early 503 is better for all than a late answer. */
import type { ServerResponse } from 'node:http';
import { unavailable } from './problem.ts';

/** Emitted by a response when its stream has begun. */
export const STREAMING = 'souk:streaming';

/** Counts requests in hand and throws 503 beyond `maximum`; an open stream stops counting once it runs. */
export function createLoad(maximum: number): (response: ServerResponse) => void {
  let inHand = 0;
  return (response) => {
    if (inHand >= maximum) throw unavailable('Too much is going on at the moment. Try again in a second.', 1);
    inHand++;
    let counted = true;
    const release = (): void => {
      if (counted) inHand--;
      counted = false;
    };
    response.once('close', release).once(STREAMING, release);
  };
}
