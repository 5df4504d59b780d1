/** Load for a gateway: buyers whose every write carries a key and is sent again as API clients do, and readers who never are. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { As, Client, Reply } from '../../write-api/testing/client.ts';

/** What came back instead of an answer to keep: worth telling apart only by its name. */
export type Again = 'connection lost' | 'unavailable' | 'in_progress';

export type Load = {
  /** Rounds that buyers have ended. */
  rounds(): number;
  readonly reads: number;
  /** Reads that did not answer as without any fault. */
  readonly failedReads: readonly string[];
  /** Why writes were sent again. */
  readonly again: readonly Again[];
  /** When all buyers are through; throws where one met what no repeat can mend. */
  readonly ended: Promise<void>;
};

type Plan = {
  readonly client: Client;
  readonly buyers: readonly As[];
  readonly roundsEach: number;
  readonly variantId: string;
  /** Asked for in turn, by as many readers, until the buyers end. */
  readonly reads: readonly { readonly request: string; readonly as?: As }[];
  readonly readers: number;
};

/** Each round of a buyer: a cart, one unit, one more, and the order. */
export function startLoad(plan: Plan): Load {
  const seen = { done: 0, reads: 0, failedReads: [] as string[], again: [] as Again[] };
  let over = false;
  const buy = async (as: As): Promise<void> => {
    for (let round = 0; round < plan.roundsEach; round++) {
      const write = (request: string, body: unknown) => insist(plan.client, { request, as, body, again: seen.again });
      const { cartId } = (await write('POST /carts', {})).body;
      for (let unit = 0; unit < 2; unit++) {
        await write(`POST /carts/${cartId}/items`, { variantId: plan.variantId, quantity: 1 });
      }
      await write(`POST /carts/${cartId}/checkout`, { shippingAddress: ADDRESS, payment: CARD });
      seen.done++;
    }
  };
  const read = async (first: number): Promise<void> => {
    for (let turn = first; !over; turn++) {
      const { request, as = {} } = plan.reads[turn % plan.reads.length] ?? { request: 'GET /categories' };
      const failed = await plan.client.call(request, { as }).then(
        ({ status, body }) => (status === 200 ? undefined : `${status} ${JSON.stringify(body)}`),
        (error: unknown) => `${error} ${error instanceof Error ? error.cause : ''}`,
      );
      seen.reads++;
      if (failed !== undefined) seen.failedReads.push(`${request}: ${failed}`);
    }
  };
  const reading = Promise.all(Array.from({ length: plan.readers }, (_, first) => read(first)));
  const all = async (): Promise<void> => {
    try {
      await Promise.all(plan.buyers.map(buy));
    } finally {
      over = true;
      await reading;
    }
  };
  return Object.assign(seen, { rounds: () => seen.done, ended: all() });
}

const ADDRESS = { name: 'You', line1: '1 High Street', city: 'Town', postalCode: '12345', country: 'US' };
const CARD = { method: 'card', token: 'tok_visa' };

type Insisted = {
  readonly request: string;
  readonly as: As;
  readonly body: unknown;
  readonly again: Again[];
};

/** Sends it with one key until it is answered; throws for an answer that a repeat would only get again. */
async function insist(client: Client, { request, as, body, again }: Insisted): Promise<Reply> {
  const headers = { 'idempotency-key': randomUUID() };
  for (;;) {
    // A connection that broke: nobody knows what became of the request, which is what the key is for.
    const reply = await client.call(request, { as, body, headers }).catch(() => undefined);
    if (reply !== undefined && reply.status < 300) return reply;
    const why = reply === undefined ? 'connection lost' : reply.body?.code;
    if (why !== 'connection lost' && why !== 'unavailable' && why !== 'in_progress') {
      throw new Error(`${request}: ${reply?.status} ${JSON.stringify(reply?.body)}`);
    }
    again.push(why);
    await delay(200);
  }
}
