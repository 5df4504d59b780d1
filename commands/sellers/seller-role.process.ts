/** Process: the owner of an approved seller has the role `seller`. */
import { isRejection } from '../../domain/rejection.ts';
import { sellerDecider } from '../../domain/sellers/decide.ts';
import type { SellerAccount } from '../../domain/sellers/state.ts';
import { userDecider } from '../../domain/users/decide.ts';
import type { Position } from '../../event-store/port.ts';
import { nameId } from '../../platform/ids.ts';
import type { Process } from '../processes/process.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

/** Gives the role; does nothing where the owner has it. The account may have gone: then there is nobody to give it to. */
export async function grantSellerRole(
  shop: Shop,
  { userId }: Pick<SellerAccount, 'userId'>,
  context: CommandContext,
): Promise<{ readonly position: Position | null }> {
  const granted = await shop.runtime.handle(
    userDecider,
    userId,
    { type: 'GrantRole', userId, role: 'seller' },
    context,
  );
  return isRejection(granted) ? { position: null } : granted;
}

export function sellerRoleProcess(shop: Shop): Process {
  return {
    name: 'seller-role',
    wants: ['SellerApproved'],
    key: (event) => (event.type === 'SellerApproved' ? event.data.sellerId : undefined),
    async advance(sellerId, { correlationId }) {
      const { state } = await shop.runtime.load(sellerDecider, sellerId, { fresh: true });
      if (state.status !== 'approved') return { wakeAt: null };
      // The state tells a repeat (who has the role is not given it again), so that any id will do.
      const commandId = nameId('seller-role', sellerId, correlationId);
      const issuedAt = shop.now();
      await grantSellerRole(shop, state, { commandId, issuedAt, actor: 'process:seller-role', correlationId });
      return { wakeAt: null };
    },
  };
}
