/** The demo marketplace of a first start: people, two sellers and some sixty products, through the shop's own commands. */
import { join } from 'node:path';
import { importProducts } from '../../commands/imports/import-products.ts';
import { importedIds } from '../../commands/imports/import-row.ts';
import { isRowProblem, parseProductRow } from '../../commands/imports/product-row.ts';
import { type RawRow, readProductRows } from '../../commands/imports/read-product-rows.ts';
import { step } from '../../commands/outcome.ts';
import type { CommandContext } from '../../commands/runtime/types.ts';
import { applyAsSeller } from '../../commands/sellers/apply.ts';
import { approveSeller } from '../../commands/sellers/approve.ts';
import { sellerIdOf } from '../../commands/sellers/seller-id.ts';
import type { Shop } from '../../commands/shop.ts';
import { grantRole } from '../../commands/users/roles.ts';
import { signUp } from '../../commands/users/sign-up.ts';
import { productDecider } from '../../domain/products/decide.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { sellerDecider } from '../../domain/sellers/decide.ts';
import { userDecider } from '../../domain/users/decide.ts';
import type { Role } from '../../domain/users/events.ts';
import type { EventStore } from '../../event-store/port.ts';
import { derivedId, nameId } from '../../platform/ids.ts';

/** Public on purpose: the demo is refused in production. */
export const DEMO_PASSWORD = 'souk-demo';

type Account = { readonly email: string; readonly name: string; readonly role?: Role; readonly shop?: string };

export const DEMO_ACCOUNTS: readonly Account[] = [
  { email: 'buyer@example.com', name: 'Bea Buyer' },
  { email: 'seller@example.com', name: 'Sal Seller', shop: 'Northlight Electronics' },
  { email: 'trader@example.com', name: 'Tess Trader', shop: 'Hearth & Trail' },
  { email: 'support@example.com', name: 'Sam Support', role: 'support' },
  { email: 'admin@example.com', name: 'Ada Admin', role: 'admin' },
];

const ELECTRONICS = new Set(['Audio', 'Computers', 'Phones']);

/** Whether the log is empty, or a first start died while it made the demo: then it goes on where it stopped. */
export async function wantsDemo(store: EventStore, shop: Shop): Promise<boolean> {
  if ((await store.head()) === null) return true;
  const sellers = DEMO_ACCOUNTS.filter((account) => account.shop)
    .map(userIdOf)
    .map(sellerIdOf);
  const states = await Promise.all(sellers.map((id) => shop.runtime.load(sellerDecider, id)));
  const begun = states.some(({ state }) => state.status !== 'none') || (await isDemoLog(store));
  if (!begun) return false;
  const rows = await demoRows();
  const missing = await Promise.all(rows.map(({ row, sellerId }) => isMissing(shop, row, sellerId)));
  return missing.includes(true);
}

/** Whether its accounts can be logged in to. */
export async function hasDemo(shop: Shop): Promise<boolean> {
  const users = DEMO_ACCOUNTS.map((account) => shop.runtime.load(userDecider, userIdOf(account)));
  return (await Promise.all(users)).every(({ state }) => state.status === 'registered');
}

/** Makes what is missing of the demo; what is there, changed or not, stays as it is. */
export async function seedDemo(shop: Shop): Promise<void> {
  await Promise.all(DEMO_ACCOUNTS.map((account) => seedAccount(shop, account)));
  const rows = await demoRows();
  for (const account of DEMO_ACCOUNTS.filter(({ shop: name }) => name)) {
    const sellerId = sellerIdOf(userIdOf(account));
    const own: RawRow[] = [];
    for (const { row, sellerId: owner } of rows) {
      if (owner === sellerId && (await isMissing(shop, row, sellerId))) own.push(row);
    }
    const report = await importProducts(shop, own, { sellerId, currency: 'USD', stock: 0, actor: 'process:demo' });
    const refused = report.refused[0];
    if (refused) throw new Error(`the demo's row ${refused.line} was refused: ${refused.detail}`);
  }
}

async function seedAccount(shop: Shop, account: Account): Promise<void> {
  const { email, name, role } = account;
  const userId = userIdOf(account);
  const context = contextOf(shop, email);
  accept(await signUp(shop, { userId, email, name, password: DEMO_PASSWORD }, context), 'email_taken');
  if (role) accept(await grantRole(shop, { userId, role }, step(context, 'role')));
  if (!account.shop) return;
  accept(
    await applyAsSeller(shop, { userId, name: account.shop, country: 'US' }, step(context, 'apply')),
    'already_applied',
  );
  accept(await approveSeller(shop, sellerIdOf(userId), step(context, 'approve')));
}

/** A refusal that says that it was done before is fine; another is a fault of the demo. */
function accept(result: unknown, fine?: string): void {
  if (isRejection(result) && (result as Rejection).code !== fine)
    throw new Error(`the demo was refused: ${result.detail}`);
}

/** The first event of a demo is a claim of one of its addresses, by one of its users. */
async function isDemoLog(store: EventStore): Promise<boolean> {
  const { events } = await store.readAll({ after: null, limit: 1 });
  return DEMO_ACCOUNTS.map(userIdOf).includes(String(events[0]?.data.userId));
}

async function isMissing(shop: Shop, { row: raw }: RawRow, sellerId: string): Promise<boolean> {
  const row = parseProductRow(raw as Readonly<Record<string, unknown>>, 'USD');
  if (isRowProblem(row)) throw new Error(`the demo's file is wrong: ${row.detail}`);
  const { state } = await shop.runtime.load(productDecider, importedIds(sellerId, row.key).productId);
  return state.status === 'none';
}

async function demoRows(): Promise<{ readonly row: RawRow; readonly sellerId: string }[]> {
  const rows = await readProductRows(join(import.meta.dirname, 'products.json'));
  const [electronics, home] = DEMO_ACCOUNTS.filter(({ shop }) => shop).map((account) => sellerIdOf(userIdOf(account)));
  return rows.map((row) => {
    const root = (row.row as { categories: string[] }).categories[0] ?? '';
    return { row, sellerId: (ELECTRONICS.has(root) ? electronics : home) ?? '' };
  });
}

function userIdOf({ email }: Account): string {
  return derivedId(Date.UTC(2026, 0, 1), 'demo', email);
}

function contextOf(shop: Shop, email: string): CommandContext {
  const commandId = nameId('demo', email);
  return { commandId, issuedAt: shop.now(), actor: 'process:demo', correlationId: commandId };
}
