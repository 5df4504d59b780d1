/**
 * Takes a guest's cart into another. The source closes first (its stream decides, so that its lines cannot be ordered or
 * merged elsewhere as well), then its lines come in. A writer that dies between the two is followed by the merge-cart
 * process, or by a repeat.
 */
import { cartDecider } from '../../domain/carts/decide.ts';
import type { Cart } from '../../domain/carts/state.ts';
import { isRejection, type Rejection, reject } from '../../domain/rejection.ts';
import { nameId } from '../../platform/ids.ts';
import { notFound, type Outcome, outcome, present, step } from '../outcome.ts';
import { type CommandContext, type HandleOptions, StaleRevision } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

export type Merge = {
  readonly cartId: string;
  readonly fromCartId: string;
  /** Of the source, SHA-256 in hex: who holds its token may give it away. */
  readonly fromTokenHash: string;
};

/** 422 where the source is unknown or not proved; `cart_not_open` of either; whatever the target refuses to take in. */
export async function mergeCarts(
  shop: Shop,
  { cartId, fromCartId, fromTokenHash }: Merge,
  context: CommandContext,
  options: HandleOptions = {},
): Promise<Outcome<Cart> | Rejection> {
  const { state: source } = await shop.runtime.load(cartDecider, fromCartId, { fresh: true });
  if (source.status === 'none' || fromCartId === cartId) return unproved('/fromCartId', 'fromCartId');
  if (source.cartTokenHash !== fromTokenHash) return unproved('/cartToken', 'cartToken');
  const target = await shop.runtime.load(cartDecider, cartId, { fresh: true });
  if (target.state.status === 'none') return notFound('cart');
  if (!target.state.mergedFrom.includes(fromCartId)) {
    // Closing the source cannot be undone: what the target would refuse is refused before it.
    const trial = cartDecider.decide(mergeCommand(cartId, source), target.state, shop.now());
    if (isRejection(trial)) return trial;
    if ((options.expectedRevision ?? target.revision) !== target.revision) throw new StaleRevision(target.revision);
  }
  const into = { type: 'MergeInto', cartId: fromCartId, intoCartId: cartId } as const;
  const closed = await shop.runtime.handle(cartDecider, fromCartId, into, step(context, 'into'));
  if (isRejection(closed)) return closed;
  const merged = await takeIn(shop, cartId, present(closed.state), context);
  return isRejection(merged) ? merged : outcome(merged, closed.position);
}

/** Takes a closed cart's lines into the one it closed for: once, whoever asks and however often. */
export async function takeIn(
  shop: Shop,
  cartId: string,
  source: Cart,
  context: CommandContext,
): Promise<Outcome<Cart> | Rejection> {
  return outcome(
    await shop.runtime.handle(cartDecider, cartId, mergeCommand(cartId, source), {
      ...context,
      // One id for the pair, as old as the closing: a cart remembers its last merges only, the log all of them.
      commandId: nameId('merge-cart', source.cartId, cartId),
      issuedAt: source.updatedAt,
      causationId: context.commandId,
    }),
  );
}

function mergeCommand(cartId: string, source: Cart) {
  return { type: 'MergeCart', cartId, fromCartId: source.cartId, lines: source.lines } as const;
}

function unproved(pointer: string, field: string): Rejection {
  const detail = `${field} does not prove a guest's cart. Send the id and the token that POST /carts answered with.`;
  return reject('invalid', detail, { kind: 'invalid', pointer });
}
