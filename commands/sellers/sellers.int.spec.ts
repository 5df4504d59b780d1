import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { userDecider } from '../../domain/users/decide.ts';
import { newId } from '../../platform/ids.ts';
import { accepted } from '../testing/test-market.ts';
import { createTestShop, Killed, type TestShop } from '../testing/test-shop.ts';
import { grantRole, revokeRole } from '../users/roles.ts';
import { signUp } from '../users/sign-up.ts';
import { applyAsSeller } from './apply.ts';
import { approveSeller } from './approve.ts';
import { changeShopProfile } from './change-shop-profile.ts';
import { sellerIdOf } from './seller-id.ts';
import { sellerResource } from './seller-resource.ts';
import { sellerRoleProcess } from './seller-role.process.ts';
import { suspendSeller } from './suspend.ts';

let test: TestShop;
beforeAll(async () => {
  test = await createTestShop();
});
afterAll(() => test.stop());

const applicant = async () => {
  const userId = newId();
  const account = { userId, email: `${userId}@example.com`, name: 'Sam', password: 'password' };
  accepted(await signUp(test.shop, account, test.context()));
  accepted(await applyAsSeller(test.shop, { userId, name: 'Sam & Co' }, test.context()));
  return { userId, sellerId: sellerIdOf(userId) };
};
const rolesOf = async (userId: string) => {
  const { state } = await test.shop.runtime.load(userDecider, userId, { fresh: true });
  return state.status === 'registered' ? state.roles : [];
};

describe('sellers', () => {
  it('apply once for each account', async () => {
    const { userId } = await applicant();
    expect(await applyAsSeller(test.shop, { userId, name: 'Again' }, test.context())).toMatchObject({
      code: 'already_applied',
    });
  });

  it('have the role as soon as they are approved, also when approved twice', async () => {
    const { userId, sellerId } = await applicant();
    expect(await rolesOf(userId)).toEqual(['buyer']);
    const { state } = accepted(await approveSeller(test.shop, sellerId, test.context()));
    expect(sellerResource(state)).toMatchObject({ sellerId, status: 'approved', slug: 'sam-and-co' });
    accepted(await approveSeller(test.shop, sellerId, test.context()));
    expect(await rolesOf(userId)).toEqual(['buyer', 'seller']);
  });

  it('get the role by the process when the writer died after the approval', async () => {
    const { userId, sellerId } = await applicant();
    await expect(approveSeller(test.dyingBefore('GrantRole'), sellerId, test.context())).rejects.toBeInstanceOf(Killed);
    expect(await rolesOf(userId)).toEqual(['buyer']);
    await sellerRoleProcess(test.shop).advance(sellerId, { correlationId: newId() });
    expect(await rolesOf(userId)).toEqual(['buyer', 'seller']);
  });

  it('get no role by the process while they are not approved', async () => {
    const { userId, sellerId } = await applicant();
    accepted(await approveSeller(test.shop, sellerId, test.context()));
    accepted(await suspendSeller(test.shop, { sellerId, reason: 'fraud' }, test.context()));
    accepted(await revokeRole(test.shop, { userId, role: 'seller' }, test.context()));
    await sellerRoleProcess(test.shop).advance(sellerId, { correlationId: newId() });
    expect(await rolesOf(userId)).toEqual(['buyer']);
  });

  it('change what they say of themselves; the slug follows the name', async () => {
    const { sellerId } = await applicant();
    const change = { sellerId, name: 'New Name', country: 'US' };
    const { state } = accepted(await changeShopProfile(test.shop, change, test.context()));
    expect(sellerResource(state)).toMatchObject({ name: 'New Name', slug: 'new-name', country: 'US' });
  });

  it('that nobody applied for cannot be approved', async () => {
    expect(await approveSeller(test.shop, newId(), test.context())).toMatchObject({ kind: 'not_found' });
  });
});

it('a role given and taken is kept in order, and the buyer’s stays', async () => {
  const { userId } = await applicant();
  accepted(await grantRole(test.shop, { userId, role: 'ops' }, test.context()));
  accepted(await revokeRole(test.shop, { userId, role: 'ops' }, test.context()));
  expect(await rolesOf(userId)).toEqual(['buyer']);
  expect(await revokeRole(test.shop, { userId, role: 'buyer' }, test.context())).toMatchObject({
    code: 'buyer_role_stays',
  });
});
