/** Every projection of the shop. */
import { auditProjection } from './audit/projection.ts';
import { cartsProjection } from './carts/projection.ts';
import { categoriesProjection } from './categories/projection.ts';
import { inventoryProjection } from './inventory/projection.ts';
import { ordersProjection } from './orders/projection.ts';
import { paymentsProjection } from './payments/projection.ts';
import { productsProjection } from './products/projection.ts';
import type { DerivedModel, Projection } from './runtime/types.ts';
import { salesProjection } from './sales/projection.ts';
import { searchModel } from './search/model.ts';
import { sellersProjection } from './sellers/projection.ts';
import { usersProjection } from './users/projection.ts';
import { variantsProjection } from './variants/projection.ts';

/** Built from the log. */
export const allProjections: readonly Projection[] = [
  usersProjection,
  sellersProjection,
  categoriesProjection,
  productsProjection,
  variantsProjection,
  inventoryProjection,
  cartsProjection,
  ordersProjection,
  paymentsProjection,
  salesProjection,
  auditProjection,
];

/** Built from the rows of projections. */
export const allDerived: readonly DerivedModel[] = [searchModel];
