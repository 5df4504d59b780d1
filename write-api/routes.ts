/** Every route of the write API. */
import type { RouteDefinition } from '../platform/http/route.ts';
import { adminRoutes } from './admin.routes.ts';
import { authRoutes } from './auth.routes.ts';
import { cartRoutes } from './carts.routes.ts';
import { categoryRoutes } from './categories.routes.ts';
import { checkoutRoutes } from './checkout.routes.ts';
import { inventoryRoutes } from './inventory.routes.ts';
import { paymentRoutes } from './payments.routes.ts';
import { productRoutes } from './products.routes.ts';
import { sellerRoutes } from './sellers.routes.ts';
import { userRoutes } from './users.routes.ts';
import { variantRoutes } from './variants.routes.ts';
import type { WriteApiDeps } from './write-api-deps.ts';

export function writeRoutes(deps: WriteApiDeps): readonly RouteDefinition[] {
  return [
    ...authRoutes(deps),
    ...userRoutes(deps),
    ...sellerRoutes(deps),
    ...categoryRoutes(deps),
    ...productRoutes(deps),
    ...variantRoutes(deps),
    ...inventoryRoutes(deps),
    ...cartRoutes(deps),
    ...checkoutRoutes(deps),
    ...paymentRoutes(deps),
    ...adminRoutes(deps),
  ];
}
