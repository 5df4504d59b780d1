/** All routes of the read API. */
import type { RouteDefinition } from '../platform/http/route.ts';
import { accountRoutes } from './accounts.routes.ts';
import { adminRoutes } from './admin.routes.ts';
import { analyticsRoutes } from './analytics.routes.ts';
import { cartRoutes } from './carts.routes.ts';
import { catalogueRoutes } from './catalogue.routes.ts';
import { historyRoutes } from './history.routes.ts';
import { orderRoutes } from './orders.routes.ts';
import { paymentRoutes } from './payments.routes.ts';
import type { ReadApiDeps } from './read-api-deps.ts';
import { searchRoutes } from './search.routes.ts';

export function readRoutes(deps: ReadApiDeps): readonly RouteDefinition[] {
  return [
    ...accountRoutes(deps),
    ...searchRoutes(deps),
    ...catalogueRoutes(deps),
    ...cartRoutes(deps),
    ...orderRoutes(deps),
    ...paymentRoutes(deps),
    ...analyticsRoutes(deps),
    ...adminRoutes(deps),
    ...historyRoutes(deps),
  ];
}
