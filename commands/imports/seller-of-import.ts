/** Whose products an import brings: a seller that is named, or one made for imports. */
import { isRejection } from '../../domain/rejection.ts';
import { sellerDecider } from '../../domain/sellers/decide.ts';
import type { EventStore, Position } from '../../event-store/port.ts';
import { derivedId, nameId } from '../../platform/ids.ts';
import type { CommandContext } from '../runtime/types.ts';
import { applyAsSeller } from '../sellers/apply.ts';
import { sellerIdOf } from '../sellers/seller-id.ts';
import type { Shop } from '../shop.ts';

/** Owner of the seller "Imports": nobody can log in as it, staff runs the shop in its name. */
const IMPORTS_USER = derivedId(0, 'imports');

/** The seller "Imports", applied for and approved where it is not there yet. */
export async function importsSeller(shop: Shop, actor: string): Promise<string> {
  const sellerId = sellerIdOf(IMPORTS_USER);
  const context = (step: string): CommandContext => {
    const commandId = nameId('imports-seller', step);
    return { commandId, issuedAt: shop.now(), actor, correlationId: commandId };
  };
  const { state } = await shop.runtime.load(sellerDecider, sellerId, { fresh: true });
  // Suspended on purpose: that is not for an import to lift, and each row is told.
  if (state.status === 'approved' || state.status === 'suspended') return sellerId;
  // Where an import died between the two, the application is there: both are repeated, and only what lacks is done.
  const applied = await applyAsSeller(shop, { userId: IMPORTS_USER, name: 'Imports' }, context('apply'));
  // Another import at the same time was first: its seller is ours.
  if (isRejection(applied) && applied.code !== 'already_applied') throw new Error(applied.detail);
  const approve = { type: 'ApproveSeller', sellerId } as const;
  const approved = await shop.runtime.handle(sellerDecider, sellerId, approve, context('approve'));
  if (isRejection(approved)) throw new Error(approved.detail);
  return sellerId;
}

/** A seller by id, or by the name of its shop (from the log: the first that has it); undefined where there is none. */
export async function findSeller(store: EventStore, shop: Shop, idOrName: string): Promise<string | undefined> {
  if (/^[0-9a-f-]{36}$/i.test(idOrName)) {
    const sellerId = idOrName.toLowerCase();
    const { state } = await shop.runtime.load(sellerDecider, sellerId, { fresh: true });
    return state.status === 'none' ? undefined : sellerId;
  }
  for await (const sellerId of sellerIds(store)) {
    const { state } = await shop.runtime.load(sellerDecider, sellerId, { fresh: true });
    if (state.status !== 'none' && state.name.toLowerCase() === idOrName.toLowerCase()) return sellerId;
  }
  return undefined;
}

async function* sellerIds(store: EventStore): AsyncGenerator<string> {
  let after: Position | null = null;
  for (;;) {
    const page = await store.readAll({ after, filter: { types: ['SellerApplied'] } });
    for (const event of page.events) yield String(event.data.sellerId);
    if (page.end) return;
    after = page.next as Position | null;
  }
}
