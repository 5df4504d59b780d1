/** The people of most tests: somebody signed up, an administrator, an approved seller with a product on the shelf. */
import { randomUUID } from 'node:crypto';
import type { As, Client, Json } from './client.ts';
import type { StartedShop } from './start-test-shop.ts';

export type Person = As & {
  readonly userId: string;
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
  readonly refreshToken: string;
};

export const PASSWORD = 'correct horse battery';

export async function signUp(shop: Client, name = 'Pat'): Promise<Person> {
  const account = { email: `${randomUUID()}@example.com`, password: PASSWORD, name };
  return { ...account, ...(await shop.done('POST /auth/signup', { body: account })) };
}

export async function logInAdmin(shop: Client & Pick<StartedShop, 'admin'>): Promise<As> {
  return shop.done('POST /auth/login', { body: shop.admin });
}

export type Seller = Person & { readonly sellerId: string };

/** Applied and approved. */
export async function openSeller(shop: Client, admin: As): Promise<Seller> {
  const person = await signUp(shop, 'Sal');
  const { sellerId } = await shop.done('POST /sellers', { as: person, body: { name: 'Sal’s Sounds' } });
  await shop.done(`POST /sellers/${sellerId}/approve`, { as: admin });
  return { ...person, sellerId };
}

export async function addCategory(shop: Client, admin: As, name = 'Audio'): Promise<string> {
  const { categoryId } = await shop.done('POST /categories', { as: admin, body: { name } });
  return categoryId;
}

/** The body of a product with one variant. */
export function productBody(categoryId: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    name: 'Wireless Headphones',
    description: 'They sound.',
    brand: 'Acme',
    categoryId,
    variants: [{ options: { colour: 'blue' }, price: { amount: 1_999, currency: 'USD' } }],
    publish: true,
    ...more,
  };
}

/** Published, with this many units on the shelf. */
export async function sell(
  shop: Client,
  { seller, categoryId, stock = 10 }: { readonly seller: Seller; readonly categoryId: string; readonly stock?: number },
): Promise<{ readonly product: Json; readonly variantId: string }> {
  const product = await shop.done('POST /products', { as: seller, body: productBody(categoryId) });
  const { variantId } = product.variants[0];
  const body = { quantity: stock };
  if (stock > 0) await shop.done(`POST /inventory/${variantId}/receipts`, { as: seller, body });
  return { product, variantId };
}
