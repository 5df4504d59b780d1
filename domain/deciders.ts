/** Every aggregate by the category of its streams: how the state of any stream is folded. */
import { cartDecider } from './carts/decide.ts';
import { categoryDecider } from './categories/decide.ts';
import type { Decider, EventLike } from './decider.ts';
import { inventoryDecider } from './inventory/decide.ts';
import { operationDecider } from './operations/decide.ts';
import { orderDecider } from './orders/decide.ts';
import { paymentDecider } from './payments/decide.ts';
import { productDecider } from './products/decide.ts';
import { sellerDecider } from './sellers/decide.ts';
import { skuDecider } from './skus/decide.ts';
import { userDecider } from './users/decide.ts';
import { emailDecider } from './users/email/decide.ts';

type AnyDecider = Decider<unknown, never, EventLike>;

const DECIDERS: readonly AnyDecider[] = [
  userDecider,
  emailDecider,
  sellerDecider,
  categoryDecider,
  productDecider,
  skuDecider,
  inventoryDecider,
  cartDecider,
  orderDecider,
  paymentDecider,
  operationDecider,
] as unknown as readonly AnyDecider[];

/** The decider of a category; undefined for one no aggregate has. */
export function deciderOf(category: string): AnyDecider | undefined {
  return DECIDERS.find((decider) => decider.category === category);
}
