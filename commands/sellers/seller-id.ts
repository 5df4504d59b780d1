/** A user has at most one seller account: its id follows from the user's, and no claim is needed. */
import { derivedId, timeOf } from '../../platform/ids.ts';

export function sellerIdOf(userId: string): string {
  return derivedId(timeOf(userId), 'seller', userId);
}
